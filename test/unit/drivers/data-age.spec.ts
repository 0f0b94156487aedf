import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { DataAge } from '../../../lib/drivers/replica/data-age.js';

describe('the age of the data of a replica', () => {
  let told: string[] = [];
  let age: DataAge;
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_800_000_000_000 });
    told = [];
    age = new DataAge(60_000, ({ code }) => told.push(code));
  });
  afterEach(() => {
    age.stop();
    jest.useRealTimers();
  });

  it('is told once per outage when it is beyond what it may be', async () => {
    age.synced(performance.now());
    await jest.advanceTimersByTimeAsync(59_000);
    const before = [...told];
    await jest.advanceTimersByTimeAsync(2_000);
    const at = [...told];
    age.synced(performance.now());
    await jest.advanceTimersByTimeAsync(100_000);
    age.endOutage();
    age.synced(performance.now());
    await jest.advanceTimersByTimeAsync(61_000);

    expect(before).toEqual([]);
    expect(at).toEqual(['REPLICA_STALE']);
    expect(told).toEqual(['REPLICA_STALE', 'REPLICA_SYNCED', 'REPLICA_STALE']);
  });

  it('of an earlier process is no news before the first sync has had its time', async () => {
    age.adopt(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(9_000);
    const atBoot = [...told];
    await jest.advanceTimersByTimeAsync(2_000);

    expect(age.ms).toBe(3_611_000);
    expect([atBoot, told]).toEqual([[], ['REPLICA_STALE']]);
  });

  it('is unknown, and never told, while there is no data', async () => {
    age.synced(performance.now());
    age.forget();
    await jest.advanceTimersByTimeAsync(100_000);

    expect([age.ms, told]).toEqual([undefined, []]);
  });
});
