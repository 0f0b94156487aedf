import { createDeadline, type Deadline } from '../async/deadline.js';
import { runOutside } from '../async/run-outside.js';
import { CircuitBreaker } from '../connection/circuit-breaker.js';
import { RetryBudget } from '../connection/retry-budget.js';
import { withBreaker } from '../connection/with-breaker.js';
import { withRetry } from '../connection/with-retry.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Driver, Network, Reporter } from '../contract/driver.js';
import { createDriver } from '../drivers/create-driver.js';
import { nameTarget } from '../options/name-target.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/** An opened database with every layer around it. */
export interface OpenedDatabase {
  readonly driver: Driver;
  readonly connection: DriverConnection;
  /** Undefined for a database in this process, which cannot be away. */
  readonly breaker: CircuitBreaker | undefined;
  /** Undefined likewise. */
  readonly budget: RetryBudget | undefined;
}

/**
 * Opens the database: read this first. The options choose one driver; it puts the layers around what is
 * behind a network, innermost first. A layer that does not apply is not there and costs nothing.
 */
export async function openDatabase(
  options: ResolvedOptions,
  report: Reporter,
  deadline: Deadline,
): Promise<OpenedDatabase> {
  // it outlives the call that came first
  const driver = await runOutside(() => createDriver(options, report));
  const budget = new RetryBudget();
  let layers: Pick<OpenedDatabase, 'breaker' | 'budget'> = { breaker: undefined, budget: undefined };
  const network: Network = {
    onAnswer: () => layers.breaker?.onAnswer(),
    refusal: () => layers.breaker?.refusal,
    protect: (remote) => {
      const ping = (): Promise<void> => remote.ping(createDeadline(options.connectTimeoutMs));
      const breaker = new CircuitBreaker(nameTarget(options.target), ping, report);
      layers = { breaker, budget };
      return withBreaker(withRetry(remote, options.maxAttempts, budget), breaker);
    },
  };
  const connection = await driver.open(deadline, network);
  return { driver, connection, ...layers };
}
