import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { checkSchedules, shareOfRuns } from './check-schedules.js';
import { openSqldRoom } from './model-room.js';

describe('random schedules of concurrent callers', () => {
  let server: SqldServer;

  beforeAll(async () => {
    server = await startSqld();
  });
  afterAll(() => server.stop());

  it('are answered on a libSQL server as by a database that serves one after the other', async () => {
    const verdict = await checkSchedules({
      name: 'sqld over http',
      runs: shareOfRuns(250),
      open: () => openSqldRoom(server),
      abortsInside: true,
    });

    expect(verdict.failure).toBeUndefined();
    expect(verdict.overlapping / verdict.schedules).toBeGreaterThanOrEqual(0.3);
  }, 300_000);
});
