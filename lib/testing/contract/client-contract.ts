import type { Client } from '@libsql/core/api';
import { describeBatch } from './batch.facts.js';
import { describeChanges } from './changes.facts.js';
import { describeClientErrors } from './client-errors.facts.js';
import { describeConcurrency } from './concurrency.facts.js';
import type { ContractRunner } from './contract-runner.js';
import type { ContractSetup } from './contract-setup.js';
import { describeRooms, type Facts } from './describe-rooms.js';
import { describeExecute } from './execute.facts.js';
import { describeExecuteMultiple } from './execute-multiple.facts.js';
import { describeLifecycle } from './lifecycle.facts.js';
import { describeRows } from './rows.facts.js';
import { describeTransaction } from './transaction.facts.js';
import { describeTransactionWork } from './transaction-work.facts.js';
import { describeValues } from './values.facts.js';

/** What every libSQL client holds: each documented sentence of `Client`, `Transaction`, `ResultSet` and `Row`. */
export const clientFacts: readonly Facts<Client>[] = [
  describeExecute,
  describeRows,
  describeChanges,
  describeValues,
  describeBatch,
  describeExecuteMultiple,
  describeTransaction,
  describeTransactionWork,
  describeClientErrors,
  describeLifecycle,
  describeConcurrency,
];

/**
 * The contract of a libSQL client, for `@libsql/client` and for anybody's own: the part of `describeConnectionContract` that
 * needs nothing beyond the interface `Client`.
 */
export function describeClientContract(setup: ContractSetup, runner: ContractRunner): void {
  describeRooms(setup, runner, clientFacts);
}
