import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@libsql/core/api';
import type { DatabaseConnection } from '../../lib/index.js';
import {
  describeClientContract,
  describeConnectionContract,
  type ContractRunner,
  type ContractSetup,
} from '../../lib/testing/index.js';
import { describeBatch } from '../../lib/testing/contract/batch.facts.js';
import { connectionFacts } from '../../lib/testing/contract/connection-contract.js';
import { describeRooms, type Facts } from '../../lib/testing/contract/describe-rooms.js';
import { describeDraining } from '../../lib/testing/contract/draining.facts.js';
import { describeExecute } from '../../lib/testing/contract/execute.facts.js';
import { describeLifecycle } from '../../lib/testing/contract/lifecycle.facts.js';
import { describeRows } from '../../lib/testing/contract/rows.facts.js';
import { describeStatus } from '../../lib/testing/contract/status.facts.js';
import { describeStreamEnds } from '../../lib/testing/contract/stream-ends.facts.js';
import { describeStream } from '../../lib/testing/contract/stream.facts.js';
import { describeTransaction } from '../../lib/testing/contract/transaction.facts.js';
import { describeValues } from '../../lib/testing/contract/values.facts.js';
import { describeWithTransaction } from '../../lib/testing/contract/with-transaction.facts.js';
import { describeDrizzle } from './drizzle.facts.js';
import { describeDrizzleJoining } from './drizzle-joining.facts.js';
import { describeKysely } from './kysely.facts.js';
import { describeKyselyJoining } from './kysely-joining.facts.js';

const runner: ContractRunner = { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it };

/** The ORMs stay out of the published contract: nobody has to install them for it. */
const ormFacts: readonly Facts<Client>[] = [describeDrizzle, describeKysely];
const ormJoiningFacts: readonly Facts<DatabaseConnection>[] = [describeDrizzleJoining, describeKyselyJoining];

/** The contract as users run it, and the ORMs, on a libSQL client. */
export function runClientContract(setup: ContractSetup): void {
  describeClientContract(setup, runner);
  describeRooms({ ...setup, name: `${setup.name}, with an ORM` }, runner, ormFacts);
}

/** The contract as users run it, and the ORMs, on our connection. */
export function runConnectionContract(setup: ContractSetup<DatabaseConnection>): void {
  describeConnectionContract(setup, runner);
  const rooms = [...ormFacts, ...ormJoiningFacts];
  describeRooms({ ...setup, name: `${setup.name}, with an ORM` }, runner, rooms);
}

/** The rooms of each lane in which a replica answers: what it sends on is the way of the server, which has a set-up of its own. */
const clientReads = [
  describeExecute,
  describeRows,
  describeValues,
  describeBatch,
  describeTransaction,
  describeLifecycle,
];
const connectionReads = [
  describeWithTransaction,
  describeDraining,
  describeStatus,
  describeStream,
  describeStreamEnds,
  describeDrizzle,
];

/** The facts of one lane about what a replica answers itself. */
export function runReadingContract(
  setup: ContractSetup<DatabaseConnection>,
  lane: 'client' | 'beyond',
): void {
  const rooms: readonly Facts<DatabaseConnection>[] = lane === 'client' ? clientReads : connectionReads;
  describeRooms({ ...setup, name: `${setup.name}, what it reads` }, runner, rooms);
}

/** What the contract of our connection holds beyond that of a client: both together are as long as `runConnectionContract`. */
export function runBeyondClientContract(setup: ContractSetup<DatabaseConnection>): void {
  describeRooms(setup, runner, [...connectionFacts, ...ormJoiningFacts]);
}
