import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Client } from '@libsql/core/api';
import type { ContractSetup } from './contract-setup.js';

/** A group of facts about one theme. */
export type Facts<C extends Client> = (setup: ContractSetup<C>) => void;

/** Runs groups of facts on one set-up. */
export function describeRooms<C extends Client>(setup: ContractSetup<C>, rooms: readonly Facts<C>[]): void {
  describe(setup.name, () => {
    beforeAll(() => setup.start());
    afterAll(() => setup.stop());

    for (const describeFacts of rooms) describeFacts(setup);
  });
}
