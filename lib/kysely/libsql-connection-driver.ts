import type { Client, InArgs, ResultSet, Transaction } from '@libsql/core/api';
import type { CompiledQuery } from 'kysely';
import {
  IdentifierNode,
  RawNode,
  type DatabaseConnection as KyselyConnection,
  type Driver,
  type QueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';

/** What Kysely's own drivers use to compile savepoint commands. */
type CompileQuery = QueryCompiler['compileQuery'];

/** Gives Kysely one light connection per query chain; the pooling and queueing happen below, in the libSQL client. */
export class LibsqlConnectionDriver implements Driver {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<KyselyConnection> {
    return Promise.resolve(new LibsqlKyselyConnection(this.#client));
  }

  async beginTransaction(connection: KyselyConnection, settings: TransactionSettings): Promise<void> {
    if (settings.isolationLevel !== undefined && settings.isolationLevel !== 'serializable') {
      throw new Error(
        `SQLite transactions are always serializable, "${settings.isolationLevel}" does not exist`,
      );
    }
    await own(connection).begin(settings.accessMode === 'read only' ? 'read' : 'write');
  }

  commitTransaction(connection: KyselyConnection): Promise<void> {
    return own(connection).commit();
  }

  rollbackTransaction(connection: KyselyConnection): Promise<void> {
    return own(connection).rollback();
  }

  async savepoint(connection: KyselyConnection, name: string, compile: CompileQuery): Promise<void> {
    await connection.executeQuery(compileSavepoint('savepoint', name, compile));
  }

  async rollbackToSavepoint(
    connection: KyselyConnection,
    name: string,
    compile: CompileQuery,
  ): Promise<void> {
    await connection.executeQuery(compileSavepoint('rollback to', name, compile));
  }

  async releaseSavepoint(connection: KyselyConnection, name: string, compile: CompileQuery): Promise<void> {
    await connection.executeQuery(compileSavepoint('release', name, compile));
  }

  releaseConnection(connection: KyselyConnection): Promise<void> {
    own(connection).release();
    return Promise.resolve();
  }

  /** The connection belongs to whoever created it. */
  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** Sends queries to the client, or to the transaction while one is open. */
class LibsqlKyselyConnection implements KyselyConnection {
  readonly #client: Client;
  #transaction: Transaction | undefined;

  constructor(client: Client) {
    this.#client = client;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const target = this.#transaction ?? this.#client;
    return toQueryResult<R>(await target.execute({ sql, args: parameters as InArgs }));
  }

  /** The rows are read at once and handed on in pieces. */
  async *streamQuery<R>(query: CompiledQuery, chunkSize = 100): AsyncIterableIterator<QueryResult<R>> {
    const { rows } = await this.executeQuery<R>(query);
    for (let start = 0; start < rows.length; start += chunkSize)
      yield { rows: rows.slice(start, start + chunkSize) };
  }

  async begin(mode: 'read' | 'write'): Promise<void> {
    this.#transaction = await this.#client.transaction(mode);
  }

  async commit(): Promise<void> {
    await this.#transaction?.commit();
  }

  async rollback(): Promise<void> {
    await this.#transaction?.rollback();
  }

  release(): void {
    this.#transaction?.close();
    this.#transaction = undefined;
  }
}

function own(connection: KyselyConnection): LibsqlKyselyConnection {
  return connection as LibsqlKyselyConnection;
}

function compileSavepoint(command: string, name: string, compile: CompileQuery): CompiledQuery {
  const node = RawNode.createWithChildren([
    RawNode.createWithSql(`${command} `),
    IdentifierNode.create(name),
  ]);
  return compile(node, { queryId: name });
}

function toQueryResult<R>({ rows, rowsAffected, lastInsertRowid }: ResultSet): QueryResult<R> {
  return {
    rows: rows as R[],
    numAffectedRows: BigInt(rowsAffected),
    ...(lastInsertRowid !== undefined && { insertId: lastInsertRowid }),
  };
}
