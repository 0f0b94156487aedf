import type { Client } from '@libsql/core/api';
import { describeBatch } from './batch.facts.js';
import { describeChanges } from './changes.facts.js';
import { describeClientErrors } from './client-errors.facts.js';
import { describeConcurrency } from './concurrency.facts.js';
import type { ContractSetup } from './contract-setup.js';
import { describeRooms, type Facts } from './describe-rooms.js';
import { describeDrizzle } from './drizzle.facts.js';
import { describeExecute } from './execute.facts.js';
import { describeExecuteMultiple } from './execute-multiple.facts.js';
import { describeKysely } from './kysely.facts.js';
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
  describeDrizzle,
  describeKysely,
];

/** The contract of a libSQL client, for `@libsql/client` and for anybody's own. */
export function describeClientContract(setup: ContractSetup): void {
  describeRooms(setup, clientFacts);
}
