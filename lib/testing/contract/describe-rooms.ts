import type { Client } from '@libsql/core/api';
import type { ContractRunner } from './contract-runner.js';
import type { ContractSetup } from './contract-setup.js';
import { createWords, type ContractWords } from './contract-words.js';

/** A group of facts about one theme. */
export type Facts<C extends Client> = (setup: ContractSetup<C>, words: ContractWords) => void;

/** Runs groups of facts on one set-up. */
export function describeRooms<C extends Client>(
  setup: ContractSetup<C>,
  runner: ContractRunner,
  rooms: readonly Facts<C>[],
): void {
  const words = createWords(runner);
  words.describe(setup.name, () => {
    words.beforeAll(async () => setup.start?.());
    words.afterAll(async () => setup.stop?.());

    for (const describeFacts of rooms) describeFacts(setup, words);
  });
}
