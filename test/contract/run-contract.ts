import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@libsql/core/api';
import type { DatabaseConnection } from '../../lib/index.js';
import {
  describeClientContract,
  describeConnectionContract,
  type ContractRunner,
  type ContractSetup,
} from '../../lib/testing/index.js';
import { connectionFacts } from '../../lib/testing/contract/connection-contract.js';
import { describeRooms, type Facts } from '../../lib/testing/contract/describe-rooms.js';
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

/** What the contract of our connection holds beyond that of a client: both together are as long as `runConnectionContract`. */
export function runBeyondClientContract(setup: ContractSetup<DatabaseConnection>): void {
  describeRooms(setup, runner, [...connectionFacts, ...ormJoiningFacts]);
}
