import type { ResultSet, Row } from '@libsql/core/api';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import type {
  BatchOptions,
  DriverConnection,
  DriverReplica,
  DriverTransaction,
} from '../../contract/connection.js';
import type { Consistency, Statement, TransactionMode } from '../../contract/statement.js';
import { checkStatement } from '../../sql/check-statement.js';
import { classifySql } from '../../sql/classify-sql.js';
import { FallbackReads, type FallbackParts, type PrimaryReads } from './fallback-reads.js';
import type { Freshness } from './freshness.js';
import { isForPrimary, type LocalReads } from './local-reads.js';
import { LocalSide, takeRows } from './local-side.js';
import { ReadRoute } from './read-route.js';
import { ReplicaTransaction } from './replica-transaction.js';
import type { ReplicaSync } from './replica-sync.js';
import { WatchedWrites } from './watched-writes.js';

/** What a connection with a replica is made of. */
export interface ReplicaConnectionParts extends Pick<FallbackParts, 'answeredAt' | 'report'> {
  /** To the primary, with its layers. */
  readonly primary: DriverConnection;
  readonly reads: LocalReads;
  readonly freshness: Freshness;
  readonly sync: ReplicaSync;
  readonly consistency: Consistency;
  readonly maxStalenessMs: number;
  /** The replica answers in place of a primary that does not. */
  readonly fallsBack: boolean;
}

/** A Turso database whose reads are answered by a local file where that is as right as asking the primary. */
export class ReplicaConnection implements DriverConnection {
  readonly databaseKey: string;
  readonly replica: DriverReplica;
  readonly #sync: ReplicaSync;
  readonly #writes: WatchedWrites;
  readonly #local: LocalSide;
  readonly #remote: PrimaryReads;
  readonly #route: ReadRoute;
  /** Reads that ask for nothing get no answer from the file. */
  readonly #needsPrimary: boolean;
  #remoteReads = 0;

  constructor(parts: ReplicaConnectionParts) {
    const { primary, reads, freshness, sync, consistency, maxStalenessMs, fallsBack } = parts;
    this.databaseKey = primary.databaseKey;
    this.#sync = sync;
    this.#writes = new WatchedWrites(
      primary,
      freshness,
      () => sync.wake(),
      () => sync.refute(),
    );
    this.#local = new LocalSide(reads, (error) => sync.onReadError(error));
    this.#route = new ReadRoute(sync, freshness, consistency);
    this.#needsPrimary = consistency === 'primary' && !fallsBack;
    const fallback = new FallbackReads({
      ...parts,
      primary: this.#writes,
      local: this.#local,
      isUsable: () => this.#route.isUsable,
      ageMs: () => sync.details.ageMs ?? 0,
    });
    this.#remote = fallsBack ? fallback : this.#writes;
    this.replica = {
      primary: this.#writes,
      status: () => {
        const { details, state } = sync;
        return {
          state,
          frame: freshness.frame,
          framesBehind: freshness.framesBehind,
          ...details,
          isStale: state === 'serving' && (details.ageMs ?? 0) > maxStalenessMs,
          localReads: this.#local.count - fallback.count,
          remoteReads: this.#remoteReads,
          fallbackReads: fallback.count,
        };
      },
      sync: (deadline) => sync.sync(deadline),
    };
  }

  async execute(statement: Statement, deadline: Deadline): Promise<ResultSet> {
    if (checkStatement(statement.sql, 'autocommit') !== 'query')
      return this.#writes.execute(statement, deadline);
    if (!isLocalQuery(statement.sql)) {
      this.#remoteReads++;
      return this.#writes.execute(statement, deadline);
    }
    if (await this.#route.isLocal(statement.consistency, deadline)) {
      throwIfOver(deadline, 'before the statement began');
      const result = await this.#local.execute(statement, deadline);
      if (result !== undefined) return result;
    }
    this.#remoteReads++;
    return this.#remoteFor(statement.consistency).execute(statement, deadline);
  }

  /** A read that was prepared before, whose data is there, and that has to wait for nothing. */
  executeNow(statement: Statement): ResultSet | undefined {
    if (!this.#route.isLocalNow(statement.consistency)) return undefined;
    return this.#local.executeNow(statement);
  }

  async batch(
    statements: readonly Statement[],
    options: BatchOptions,
    deadline: Deadline,
  ): Promise<ResultSet[]> {
    const reads =
      options.mode !== 'write' && options.foreignKeys && statements.every(({ sql }) => isLocalQuery(sql));
    if (!reads) return this.#writes.batch(statements, options, deadline);
    if (await this.#route.isLocal(options.consistency, deadline)) {
      const results = await this.#local.batch(statements, options, deadline);
      if (results !== undefined) return results;
    }
    this.#remoteReads++;
    return this.#remoteFor(options.consistency).batch(statements, options, deadline);
  }

  executeMultiple(sql: string, deadline: Deadline): Promise<void> {
    return this.#writes.executeMultiple(sql, deadline);
  }

  async *stream(statement: Statement, deadline: Deadline): AsyncGenerator<Row, void, undefined> {
    const reads = checkStatement(statement.sql, 'autocommit') === 'query' && isLocalQuery(statement.sql);
    if (!reads) {
      yield* this.#writes.stream(statement, deadline);
      return;
    }
    if (await this.#route.isLocal(statement.consistency, deadline)) {
      const begun = await this.#local.stream(statement, deadline);
      if (begun !== undefined) return yield* takeRows(begun);
    }
    this.#remoteReads++;
    yield* this.#remoteFor(statement.consistency).stream(statement, deadline);
  }

  async begin(
    mode: TransactionMode,
    deadline: Deadline,
    origin: string,
    consistency?: Consistency,
  ): Promise<DriverTransaction> {
    if (mode !== 'read') return this.#writes.begin(mode, deadline, origin);
    const onPrimary = (): Promise<DriverTransaction> =>
      this.#remoteFor(consistency).begin(mode, deadline, origin);
    const isLocal = !this.#route.isAvoided && (await this.#route.isLocal(consistency, deadline));
    const local = isLocal ? await this.#local.begin(deadline) : undefined;
    if (local === undefined) return onPrimary();
    return new ReplicaTransaction(local, {
      isReason: (error) => !local.closed && isForPrimary(error),
      onLeave: (error) => {
        this.#local.note(error);
        this.#route.avoid();
      },
      begin: onPrimary,
      mark: (result) => result,
    });
  }

  /** Who asks for the primary by himself gets no other answer. */
  #remoteFor(asked: Consistency | undefined): PrimaryReads {
    return asked === 'primary' ? this.#writes : this.#remote;
  }

  isRead(statement: Statement, deadline: Deadline): Promise<boolean> {
    return this.#writes.isRead(statement, deadline);
  }

  /** Answers while either of the two can serve the reads of the connection. */
  async ping(deadline: Deadline): Promise<void> {
    if (this.#needsPrimary || this.#sync.state !== 'serving') return this.#writes.ping(deadline);
    await this.#local.ping(deadline).catch(() => this.#writes.ping(deadline));
  }

  waiting(): number {
    return this.#writes.waiting() + this.#local.waiting;
  }

  async close(deadline: Deadline): Promise<void> {
    await this.#sync.close();
    await this.#writes.close(deadline);
  }
}

/** A pragma asks about the database that it reaches, and its answer may differ from the primary's. */
function isLocalQuery(sql: string): boolean {
  return classifySql(sql) === 'query';
}
