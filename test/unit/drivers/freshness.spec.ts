import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Freshness } from '../../../lib/drivers/replica/freshness.js';

describe('what reads of a replica must have seen', () => {
  let freshness: Freshness;
  const sync = (frame: bigint): boolean => freshness.endSync(freshness.beginSync(), frame);
  beforeEach(() => {
    jest.useFakeTimers();
    freshness = new Freshness();
    sync(10n);
  });
  afterEach(() => void jest.useRealTimers());

  it('is the highest position that an answer has named, whatever order they come in', () => {
    const [first, second] = [freshness.observe(), freshness.observe()];
    second(12n);
    first(11n);
    sync(11n);
    const behind = [freshness.isFresh, freshness.framesBehind];
    sync(12n);

    expect(behind).toEqual([false, 1n]);
    expect([freshness.isFresh, freshness.framesBehind]).toEqual([true, 0n]);
  });

  it('cannot come from before what an answer has named, also where that is not applied yet', () => {
    const early = freshness.observe();
    freshness.observe()(13n);
    const wrote = freshness.observeWrite();
    const late = [freshness.observe()(12n), freshness.observe()(13n)];
    const hasGrown = [wrote(), freshness.observe()(14n), wrote()];

    expect([early(12n), ...late]).toEqual(['plausible', 'impossible', 'plausible']);
    expect(hasGrown).toEqual([false, 'plausible', true]);
  });

  it('is a sync that begins after the write where no position was named', () => {
    const running = freshness.beginSync();
    freshness.needNextSync();
    freshness.endSync(running, 10n);
    const early = freshness.isFresh;
    sync(10n);

    expect([early, freshness.isFresh]).toEqual([false, true]);
  });

  it('is unknown for half a minute after a write of unknown outcome, and then what a further sync brings', async () => {
    freshness.unsettle(30_000);
    sync(11n);
    await jest.advanceTimersByTimeAsync(29_999);
    sync(12n);
    const during = [freshness.isUnsettled, freshness.isFresh];
    await jest.advanceTimersByTimeAsync(2);
    const after = [freshness.isUnsettled, freshness.isFresh];
    sync(13n);

    expect([during, after]).toEqual([
      [true, false],
      [false, false],
    ]);
    expect(freshness.isFresh).toBe(true);
  });
});
