import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Freshness } from '../../../lib/drivers/replica/freshness.js';
import { PrimaryHistory } from '../../../lib/drivers/replica/primary-history.js';

/** @param answers of the primary to the question where its log ends */
function openHistory(applied: bigint, answers: (bigint | undefined)[]) {
  const freshness = new Freshness();
  freshness.frame = applied;
  const onRequest = () => {
    const judge = freshness.observe();
    return (index: bigint) => judge(index) === 'impossible' && history.doubt();
  };
  const history = new PrimaryHistory({
    freshness,
    connectTimeoutMs: 1_000,
    askFrame: async () => {
      const onIndex = onRequest();
      await Promise.resolve();
      const index = answers.shift();
      if (index !== undefined) onIndex(index);
      return index;
    },
  });
  return { freshness, history, onRequest, find: () => history.findLoss(new AbortController().signal) };
}

describe('the history of a primary', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is another one when its log ends before what was applied, twice', async () => {
    const short = openHistory(10n, [9n, 9n]);
    const late = openHistory(10n, [9n, 10n]);

    expect(await short.find()).toContain('ends before');
    expect(await late.find()).toBeUndefined();
    expect(late.history.isDoubted).toBe(false);
  });

  it('is doubted because of what others are answered while it is asked', async () => {
    const { find, onRequest } = openHistory(10n, [12n]);
    const finding = find();
    onRequest()(9n);

    expect(await finding).toContain('written to since');
  });

  it('is another one when an answer was from before what was applied, however far the log goes since', async () => {
    const { history, find } = openHistory(10n, [12n]);
    history.doubt();

    expect(await find()).toContain('written to since');
    expect(history.isDoubted).toBe(false);
  });

  it('is not taken for another one again and again where answers lag', async () => {
    const { history, find } = openHistory(10n, Array<bigint>(100).fill(12n));
    let losses = 0;
    for (let n = 0; n < 100; n++) {
      history.doubt();
      if ((await find()) !== undefined) losses++;
      await jest.advanceTimersByTimeAsync(30 * 60_000);
    }

    expect(losses).toBe(1);
  });

  it('is another one again after an hour without a doubt', async () => {
    const { history, find } = openHistory(10n, [12n, 12n]);
    history.doubt();
    await find();
    await jest.advanceTimersByTimeAsync(60 * 60_000);
    history.doubt();

    expect(await find()).toContain('written to since');
  });

  it('names no position that is needed any more once nothing of it is applied', () => {
    const { freshness, history } = openHistory(10n, []);
    const late = freshness.observe();
    freshness.observe()(20n);
    history.doubt();
    freshness.reset();
    history.forget();

    expect(freshness.framesBehind).toBe(0n);
    expect(history.isDoubted).toBe(false);
    expect(late(5n)).toBe('plausible');
  });
});
