import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { RebuildPace } from '../../../lib/drivers/replica/rebuild-pace.js';
import { SyncLoop } from '../../../lib/drivers/replica/sync-loop.js';
import { failureOf } from '../../contract/facts.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the syncs of a replica', () => {
  const roundMs = 100;
  let begun: number[] = [];
  let running = 0;
  let most = 0;
  let failure: Error | undefined;
  let loop: SyncLoop;
  beforeEach(() => {
    begun = [];
    running = most = 0;
    failure = undefined;
    loop = new SyncLoop(async () => {
      begun.push(performance.now());
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, roundMs));
      running--;
      if (failure !== undefined) throw failure;
    }, 5_000);
  });
  afterEach(async () => {
    const closed = loop.close();
    await jest.advanceTimersByTimeAsync(roundMs);
    await closed;
  });

  /** From the end of each to the beginning of the next. */
  const pauses = (): number[] => begun.slice(1).map((moment, index) => moment - begun[index]! - roundMs);

  it('are never two at once, and whoever asks gets one that begins from then on', async () => {
    loop.wake();
    await jest.advanceTimersByTimeAsync(50);
    const asked = performance.now();
    for (let n = 0; n < 5; n++) loop.wake();
    const own = loop.run(createDeadline(60_000));
    await jest.advanceTimersByTimeAsync(1_000);
    await own;

    expect(most).toBe(1);
    expect(begun.filter((moment) => moment >= asked)).toHaveLength(1);
  });

  it('come every interval', async () => {
    loop.wake();
    await jest.advanceTimersByTimeAsync(21_000);

    expect(pauses()).toEqual([5_000, 5_000, 5_000, 5_000]);
  });

  it('are tried again with longer pauses after failures, which nobody who is waiting shortens', async () => {
    failure = new Error('away');
    loop.wake();
    for (let n = 0; n < 600; n++) {
      await jest.advanceTimersByTimeAsync(100);
      loop.wake();
    }
    const failed = [...pauses()];
    const told = failureOf(loop.run(createDeadline(60_000)));
    await jest.advanceTimersByTimeAsync(2 * roundMs);
    failure = undefined;
    await jest.advanceTimersByTimeAsync(6_000);
    const { failures, lastErrorCode } = loop;

    expect(await told).toMatchObject({ message: 'away' });
    expect(failed[0]).toBeLessThan(500);
    expect(Math.min(...failed)).toBeGreaterThan(100);
    expect(Math.max(...failed)).toBeGreaterThan(2_000);
    expect(Math.max(...failed)).toBeLessThanOrEqual(5_250);
    expect({ failures, lastErrorCode }).toEqual({ failures: 0, lastErrorCode: undefined });
  });
});

describe('a file that breaks again and again', () => {
  it('is filled anew in a second, and at last only once in a minute', async () => {
    const pace = new RebuildPace();
    const taken: number[] = [];
    const start = performance.now();
    for (let n = 0; n < 3_000; n++) {
      const failed = await failureOf(Promise.resolve().then(() => pace.take())).then(
        () => true,
        () => false,
      );
      if (!failed) taken.push(Math.round((performance.now() - start) / 1_000));
      await jest.advanceTimersByTimeAsync(100);
    }

    expect(taken).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(pace.count).toBe(taken.length);
  });
});
