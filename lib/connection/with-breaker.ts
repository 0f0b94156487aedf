import type { Row } from '@libsql/core/api';
import type { Deadline } from '../async/deadline.js';
import type { DriverConnection, DriverTransaction } from '../contract/connection.js';
import type { CircuitBreaker } from './circuit-breaker.js';

/**
 * Fails calls at once while the database does not answer. A ping always goes: it is what finds out. Of answers the driver itself tells
 * the breaker: a call may succeed without one, such as an empty commit.
 */
export function withBreaker(connection: DriverConnection, breaker: CircuitBreaker): DriverConnection {
  return {
    databaseKey: connection.databaseKey,
    execute: (statement, deadline) => guard(breaker, deadline, () => connection.execute(statement, deadline)),
    batch: (statements, options, deadline) =>
      guard(breaker, deadline, () => connection.batch(statements, options, deadline)),
    executeMultiple: (sql, deadline) =>
      guard(breaker, deadline, () => connection.executeMultiple(sql, deadline)),
    stream: (statement, deadline) => watchStream(breaker, deadline, connection.stream(statement, deadline)),
    begin: async (mode, deadline, origin) => {
      await breaker.admit(deadline);
      return new WatchedTransaction(await connection.begin(mode, deadline, origin), breaker);
    },
    isRead: (statement, deadline) => connection.isRead(statement, deadline),
    ping: (deadline) => watch(breaker, () => connection.ping(deadline)),
    waiting: () => connection.waiting(),
    close: (deadline) => connection.close(deadline),
  };
}

/** A transaction that was let in runs to its end; the breaker learns from its failures. */
class WatchedTransaction implements DriverTransaction {
  readonly #transaction: DriverTransaction;
  readonly #breaker: CircuitBreaker;

  constructor(transaction: DriverTransaction, breaker: CircuitBreaker) {
    this.#transaction = transaction;
    this.#breaker = breaker;
  }

  get closed(): boolean {
    return this.#transaction.closed;
  }

  get lostBy(): Error | undefined {
    return this.#transaction.lostBy;
  }

  execute(...args: Parameters<DriverTransaction['execute']>): ReturnType<DriverTransaction['execute']> {
    return watch(this.#breaker, () => this.#transaction.execute(...args));
  }

  batch(...args: Parameters<DriverTransaction['batch']>): ReturnType<DriverTransaction['batch']> {
    return watch(this.#breaker, () => this.#transaction.batch(...args));
  }

  executeMultiple(...args: Parameters<DriverTransaction['executeMultiple']>): Promise<void> {
    return watch(this.#breaker, () => this.#transaction.executeMultiple(...args));
  }

  commit(...args: Parameters<DriverTransaction['commit']>): Promise<void> {
    return watch(this.#breaker, () => this.#transaction.commit(...args));
  }

  rollback(): Promise<void> {
    return this.#transaction.rollback();
  }
}

async function guard<T>(breaker: CircuitBreaker, deadline: Deadline, call: () => Promise<T>): Promise<T> {
  await breaker.admit(deadline);
  return watch(breaker, call);
}

async function* watchStream(
  breaker: CircuitBreaker,
  deadline: Deadline,
  rows: AsyncIterableIterator<Row>,
): AsyncGenerator<Row, void, undefined> {
  await breaker.admit(deadline);
  try {
    for await (const row of rows) yield row;
  } catch (error) {
    breaker.onError(error);
    throw error;
  }
}

async function watch<T>(breaker: CircuitBreaker, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    breaker.onError(error);
    throw error;
  }
}
