import { AsyncLocalStorage } from 'node:async_hooks';
import type { TransactionalAdapter, TransactionalAdapterOptions } from '@nestjs-cls/transactional';
import type { DatabaseConnection } from '../database/database-connection.js';
import type { DatabaseTransaction } from '../database/database-transaction.js';
import type { TransactionOptions } from '../database/transaction-options.js';
import { getConnectionToken } from '../nest/connection-token.js';

/** What `TransactionHost.tx` is: the open transaction, or the connection where there is none. */
export type TransactionalDatabase = Pick<DatabaseTransaction, 'execute' | 'batch' | 'executeMultiple'>;

/** Options of `@Transactional()`: those of `withTransaction`; the propagation stands in the decorator's own argument. */
type Options = Omit<TransactionOptions, 'propagation'>;

/** Which connection the adapter works on. */
export interface DatabaseTransactionalAdapterConfig {
  /** Name of the connection; by default the default connection. */
  readonly name?: string;
  /** Options of every transaction; those of a decorator beat them. */
  readonly defaultTxOptions?: Options;
}

/** A transaction that the decorator began, seen from inside. */
interface Begun {
  readonly transaction: DatabaseTransaction;
  /** False once the decorated method is done: what still calls then was forgotten. */
  working: boolean;
}

/**
 * Makes `@Transactional()` of `@nestjs-cls/transactional` work on our connection. Services that inject the connection itself join
 * as well, so `TransactionHost` is needed only where `Propagation.NotSupported` must be heeded.
 *
 * ```ts
 * ClsModule.forRoot({ plugins: [new ClsPluginTransactional({ adapter: new DatabaseTransactionalAdapter() })] });
 * ```
 */
export class DatabaseTransactionalAdapter implements TransactionalAdapter<
  DatabaseConnection,
  TransactionalDatabase,
  Options
> {
  readonly connectionToken: ReturnType<typeof getConnectionToken>;
  readonly #defaults: Options;

  constructor({ name, defaultTxOptions = {} }: DatabaseTransactionalAdapterConfig = {}) {
    this.connectionToken = getConnectionToken(name);
    // kept here: the host would warn of ignored options whenever a method joins a transaction
    this.#defaults = defaultTxOptions;
  }

  readonly optionsFactory = (
    connection: DatabaseConnection,
  ): TransactionalAdapterOptions<TransactionalDatabase, Options> => {
    const around = new AsyncLocalStorage<Begun>();
    const run = (
      options: TransactionOptions,
      work: () => Promise<unknown>,
      onBegin: (transaction: TransactionalDatabase) => void,
      onDone: () => void,
    ): Promise<unknown> =>
      connection.withTransaction(
        async (transaction) => {
          const begun = { transaction, working: true };
          onBegin(transaction);
          try {
            return await around.run(begun, work);
          } finally {
            begun.working = false;
            onDone();
          }
        },
        { ...this.#defaults, ...options },
      );
    return {
      // called inside a transaction only for RequiresNew, which one writer cannot grant unless it only reads
      wrapWithTransaction: (options, work, setTransaction) =>
        run(
          { ...options, propagation: around.getStore() ? 'requires-new' : 'nested' },
          work,
          setTransaction,
          // afterCommit() callbacks are outside of it
          () => setTransaction(),
        ),
      wrapWithNestedTransaction: (options, work, setTransaction) =>
        run({ ...options, propagation: 'nested' }, work, setTransaction, () => undefined),
      getFallbackInstance: () => (isSuspended(around.getStore()) ? createOutside(connection) : connection),
    };
  };
}

/** `NotSupported`: there is no current transaction although one goes on. Work that outlives its own stays bound to it, and fails. */
function isSuspended(begun: Begun | undefined): boolean {
  return begun !== undefined && begun.working && !begun.transaction.closed;
}

/** `NotSupported` runs outside of the transaction around it: there every call would join by itself. */
function createOutside(connection: DatabaseConnection): TransactionalDatabase {
  return {
    execute: (statement, args) => connection.outsideTransaction(() => connection.execute(statement, args)),
    batch: (statements) => connection.outsideTransaction(() => connection.batch(statements)),
    executeMultiple: (sql) => connection.outsideTransaction(() => connection.executeMultiple(sql)),
  };
}
