import { describe, expect, it } from '@jest/globals';
import type { Client, InStatement, ResultSet } from '@libsql/core/api';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import {
  describeClientContract,
  describeConnectionContract,
  sqliteMemoryCapabilities,
  type ContractSetup,
  type OpenOptions,
} from '../../lib/testing/index.js';
import { collectFacts } from './collect-facts.js';

const setup: ContractSetup<DatabaseConnection> = {
  name: 'mine',
  capabilities: sqliteMemoryCapabilities,
  open: (options) => Promise.resolve(createConnection({ url: ':memory:', ...options })),
};

describe('the contract on a set-up and a test runner of a user', () => {
  it('has more than 500 facts, and fails those that the set-up contradicts', async () => {
    const claims = { ...setup, capabilities: { ...setup.capabilities, durable: true } };

    const facts = await collectFacts((runner) => describeConnectionContract(claims, runner));

    expect(facts.failed).toEqual([
      'a client › keeps its data over close and reconnect',
      'closing › waits for a transaction in flight, whose calls are no new work',
      'closing › rolls back a transaction that nobody ends',
      'closing › keeps what was acknowledged before',
      'status › tells what the backend can do',
    ]);
    expect(facts.passed.length).toBeGreaterThan(500);
    expect(facts.passed).toContain(
      'withTransaction › commits when the callback returns, and answers its value',
    );
  }, 60_000);

  it('finds out a client that tells another number of changed rows', async () => {
    const open = async (options?: OpenOptions): Promise<Client> => {
      const db: Client = await setup.open(options);
      const execute: (...args: [InStatement]) => Promise<ResultSet> = db.execute.bind(db);
      db.execute = async (...args: unknown[]) =>
        Object.assign(await execute(...(args as [InStatement])), { rowsAffected: 0 });
      return db;
    };

    const { failed, passed } = await collectFacts((runner) =>
      describeClientContract({ ...setup, open }, runner),
    );

    expect(failed).toContain('a change › counts the rows of UPDATE');
    expect(failed.filter((title) => !/^(a change|a result|execute|intMode \w+) › /.test(title))).toEqual([]);
    expect(passed.length).toBeGreaterThan(150);
  }, 60_000);

  it('goes on to the next fact when a set-up cannot open its database', async () => {
    const open = () => Promise.reject(new Error('no database'));
    const { passed, failed } = await collectFacts((runner) =>
      describeClientContract({ name: 'mine', capabilities: setup.capabilities, open }, runner),
    );

    expect(passed).toEqual([]);
    expect(failed.length).toBeGreaterThan(150);
  });
});
