import { beforeAll, describe, expect, it } from '@jest/globals';
import { checkSchedules, shareOfRuns, type Verdict } from './check-schedules.js';
import { openFileRoom, openMemoryRoom } from './model-room.js';

const setUps = [
  { name: 'a sqlite file', runs: 900, lanes: 4, open: () => openFileRoom() },
  { name: 'two connections to one sqlite file', runs: 400, lanes: 2, open: () => openFileRoom(2) },
  { name: 'sqlite in memory', runs: 450, lanes: 2, open: openMemoryRoom },
];

/** Of each set-up; all run side by side. */
let verdicts: Verdict[];
beforeAll(async () => {
  const checks = setUps.map(({ runs, ...setUp }) =>
    checkSchedules({ ...setUp, runs: shareOfRuns(runs), abortsInside: true }),
  );
  verdicts = await Promise.all(checks);
}, 300_000);

describe('random schedules of concurrent callers', () => {
  it.each(setUps.map(({ name }, index) => [name, index] as const))(
    'are answered on %s as by a database that serves one after the other',
    (_name, index) => {
      const { failure, overlapping, schedules } = verdicts[index] as Verdict;

      expect(failure).toBeUndefined();
      expect(overlapping / schedules).toBeGreaterThanOrEqual(0.3);
    },
  );
});
