import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchProgress } from '../../../lib/drivers/replica/watch-progress.js';

describe('watching a long sync', () => {
  let size = 0;
  let writtenAt = '0';
  let isHarmed = false;
  let told: number[] = [];
  beforeEach(() => {
    size = 0;
    isHarmed = false;
    told = [];
    jest.useFakeTimers();
  });
  afterEach(() => void jest.useRealTimers());

  const watch = () =>
    watchProgress(
      () =>
        isHarmed
          ? Promise.reject(new Error('cut'))
          : Promise.resolve({ database: { size: 0, writtenAt: '0' }, log: { size, writtenAt } }),
      (bytes) => told.push(bytes),
    );

  async function passSeconds(seconds: number, bytesEach: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      size += bytesEach;
      await jest.advanceTimersByTimeAsync(1_000);
    }
  }

  it('tells its size every five seconds, and lets it go on for as long as it grows', async () => {
    const { signal, stop } = watch();
    await passSeconds(31, 10);
    await stop();

    expect(told).toEqual([50, 100, 150, 200, 250, 300].map((bytes) => expect.closeTo(bytes, -1)));
    expect(told).toHaveLength(6);
    expect(signal.aborted).toBe(false);
  });

  it('ends one that has brought nothing for ten seconds, and not before', async () => {
    const { signal, stop } = watch();
    await passSeconds(3, 10);
    await passSeconds(9, 0);
    const before = signal.aborted;
    await passSeconds(2, 0);
    await stop();

    expect([before, signal.aborted]).toEqual([false, true]);
  });

  it('lets one go on that writes over what is there, so that nothing grows', async () => {
    const { signal, stop } = watch();
    for (let second = 0; second < 30; second++) {
      writtenAt = String(second);
      await passSeconds(1, 0);
    }
    await stop();

    expect(signal.aborted).toBe(false);
  });

  it('ends one at once whose files were harmed', async () => {
    const { signal, stop } = watch();
    isHarmed = true;
    await passSeconds(1, 10);
    await stop();

    expect(signal.aborted).toBe(true);
  });
});
