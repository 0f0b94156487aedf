import type { DatabaseConnection } from '../../database/database-connection.js';
import { describeBackup } from './backup.facts.js';
import { describeBatchErrors } from './batch-errors.facts.js';
import { describeCheckedArguments } from './checked-arguments.facts.js';
import { clientFacts } from './client-contract.js';
import type { ContractRunner } from './contract-runner.js';
import type { ContractSetup } from './contract-setup.js';
import { describeRooms, type Facts } from './describe-rooms.js';
import { describeDraining } from './draining.facts.js';
import { describeErrors } from './errors.facts.js';
import { describeGuardedTransaction } from './guarded-transaction.facts.js';
import { describeNestedTransaction } from './nested-transaction.facts.js';
import { describePropagation } from './propagation.facts.js';
import { describeRefusedStatements } from './refused-statements.facts.js';
import { describeStatus } from './status.facts.js';
import { describeStream } from './stream.facts.js';
import { describeStreamEnds } from './stream-ends.facts.js';
import { describeWaiting } from './waiting.facts.js';
import { describeWithTransaction } from './with-transaction.facts.js';

/** What our connection holds beyond a libSQL client, with the same answers on every backend. */
export const connectionFacts: readonly Facts<DatabaseConnection>[] = [
  describeCheckedArguments,
  describeErrors,
  describeBatchErrors,
  describeRefusedStatements,
  describeGuardedTransaction,
  describeWithTransaction,
  describeNestedTransaction,
  describePropagation,
  describeWaiting,
  describeDraining,
  describeStatus,
  describeStream,
  describeStreamEnds,
  describeBackup,
];

/**
 * The whole contract of a connection, as this package runs it on its own set-ups: more than 500 facts, each on an empty database.
 * Call it where your test runner takes a `describe`.
 *
 * ```ts
 * import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
 *
 * describeConnectionContract(setup, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it });
 * ```
 */
export function describeConnectionContract(
  setup: ContractSetup<DatabaseConnection>,
  runner: ContractRunner,
): void {
  describeRooms(setup, runner, [...clientFacts, ...connectionFacts]);
}
