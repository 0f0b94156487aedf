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

/**
 * Makes `@Transactional()` of `@nestjs-cls/transactional` work on our connection. Services that inject the connection itself join
 * as well, so `TransactionHost` is needed only where `Propagation.NotSupported` must be heeded.
 *
 * ```ts
 * new ClsPluginTransactional({ imports: [DatabaseModule], adapter: new DatabaseTransactionalAdapter() });
 * ```
 */
export class DatabaseTransactionalAdapter implements TransactionalAdapter<
  DatabaseConnection,
  TransactionalDatabase,
  Options
> {
  readonly connectionToken: ReturnType<typeof getConnectionToken>;
  readonly defaultTxOptions: Options;
  readonly supportsTransactionProxy = false;

  constructor({ name, defaultTxOptions = {} }: DatabaseTransactionalAdapterConfig = {}) {
    this.connectionToken = getConnectionToken(name);
    this.defaultTxOptions = defaultTxOptions;
  }

  readonly optionsFactory = (
    connection: DatabaseConnection,
  ): TransactionalAdapterOptions<TransactionalDatabase, Options> => {
    /** Set inside a transaction that the decorator began. */
    const inside = new AsyncLocalStorage<true>();
    const run = (
      options: TransactionOptions,
      work: () => Promise<unknown>,
      setTransaction: (transaction?: TransactionalDatabase) => void,
    ): Promise<unknown> =>
      connection.withTransaction((transaction) => {
        setTransaction(transaction);
        return inside.run(true, work);
      }, options);
    return {
      // called inside a transaction only for RequiresNew, which one writer cannot grant unless it only reads
      wrapWithTransaction: (options, work, setTransaction) =>
        run({ ...options, propagation: inside.getStore() ? 'requires-new' : 'nested' }, work, setTransaction),
      wrapWithNestedTransaction: (options, work, setTransaction) =>
        run({ ...options, propagation: 'nested' }, work, setTransaction),
      getFallbackInstance: () => (inside.getStore() ? createOutside(connection) : connection),
    };
  };
}

/** `NotSupported` runs outside of the transaction around it: there every call would join by itself. */
function createOutside(connection: DatabaseConnection): TransactionalDatabase {
  return {
    execute: (statement, args) => connection.outsideTransaction(() => connection.execute(statement, args)),
    batch: (statements) => connection.outsideTransaction(() => connection.batch(statements)),
    executeMultiple: (sql) => connection.outsideTransaction(() => connection.executeMultiple(sql)),
  };
}
