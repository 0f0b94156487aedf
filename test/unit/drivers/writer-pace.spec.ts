import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { WriterPace } from '../../../lib/drivers/sqlite/writer-pace.js';
import { failureOf } from '../../contract/facts.js';

describe('WriterPace', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const soon = () => createDeadline(60_000);

  /** Writes of 1 ms each, one after the other. @returns how often the file was left alone */
  async function write(pace: WriterPace, times: number, gapMs = 0): Promise<number> {
    let rests = 0;
    for (let n = 0; n < times; n++) {
      let resting = true;
      const rest = pace.rest(soon()).finally(() => (resting = false));
      await jest.advanceTimersByTimeAsync(0);
      if (resting) {
        rests++;
        await jest.advanceTimersByTimeAsync(2);
      }
      await rest;
      await jest.advanceTimersByTimeAsync(1);
      pace.leave();
      await jest.advanceTimersByTimeAsync(gapMs);
    }
    return rests;
  }

  it('rests now and then while nobody else writes, also when its writes never queue', async () => {
    expect(await write(new WriterPace(() => 1), 1_000)).toBe(4);
  });

  it('rests every 20 ms while another process writes, and goes on faster when that has stopped', async () => {
    let version = 1;
    const pace = new WriterPace(() => version);
    await write(pace, 300);
    version++;
    await write(pace, 200);
    version++;
    const shared = await write(pace, 1_000);
    await write(pace, 2_000);
    const alone = await write(pace, 1_000);

    expect(shared).toBeGreaterThanOrEqual(40);
    expect(alone).toBeLessThanOrEqual(6);
  });

  it('does not rest when the file was left alone anyway', async () => {
    expect(await write(new WriterPace(() => 1), 1_000, 2)).toBe(0);
  });

  it('ends a rest with the deadline', async () => {
    const pace = new WriterPace(() => 1);
    await write(pace, 200);
    const failure = failureOf(pace.rest(createDeadline(1)));
    await jest.advanceTimersByTimeAsync(1);

    expect(await failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
  });
});
