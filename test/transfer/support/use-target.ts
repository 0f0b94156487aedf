import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTestTarget, type TestTarget } from './target.js';

/** Gives the tests of a file one server, which is empty at the beginning of each. */
export function useTarget(): { server: SqldServer; target: TestTarget } {
  const room = {} as { server: SqldServer; target: TestTarget };

  beforeAll(async () => {
    room.server = await startSqld();
    room.target = createTestTarget(room.server.url);
  });

  afterAll(() => room.server.stop());

  beforeEach(() => room.target.empty());

  return room;
}
