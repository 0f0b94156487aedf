import { describe, expect, it } from '@jest/globals';
import { checkSchedules, shareOfRuns } from './check-schedules.js';
import { openFileRoom, openMemoryRoom } from './model-room.js';

const setUps = [
  { name: 'a sqlite file', runs: 900, open: () => openFileRoom() },
  { name: 'two connections to one sqlite file', runs: 400, open: () => openFileRoom(2) },
  { name: 'sqlite in memory', runs: 450, open: openMemoryRoom },
];

describe('random schedules of concurrent callers', () => {
  it.each(setUps)(
    'are answered on $name as by a database that serves one after the other',
    async ({ name, runs, open }) => {
      const verdict = await checkSchedules({ name, runs: shareOfRuns(runs), open, abortsInside: true });

      expect(verdict.failure).toBeUndefined();
      expect(verdict.overlapping / verdict.schedules).toBeGreaterThanOrEqual(0.3);
    },
    300_000,
  );
});
