import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { jitteredBackoffMs } from '../../../lib/async/backoff.js';
import { createDeadline, narrowDeadline, remainingMs, throwIfOver } from '../../../lib/async/deadline.js';
import { sleep } from '../../../lib/async/sleep.js';
import { watchDeadline } from '../../../lib/async/watch-deadline.js';
import { within } from '../../../lib/async/within.js';
import { createClientClosedError } from '../../../lib/errors/usage-errors.js';
import { failureOf } from '../../contract/facts.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const timeout = { code: 'TIMEOUT', kind: 'timeout', outcome: 'not-applied' };
const aborted = { code: 'ABORTED', kind: 'aborted', outcome: 'not-applied' };

describe('a deadline', () => {
  it('counts down and stops at nothing', () => {
    const deadline = createDeadline(100);
    jest.advanceTimersByTime(30);
    expect(remainingMs(deadline)).toBeCloseTo(70, 5);
    jest.advanceTimersByTime(100);
    expect(remainingMs(deadline)).toBe(0);
  });

  it.each([Infinity, 3_000_000_000])('of %d ms ends with the longest timer of Node', (timeoutMs) => {
    expect(createDeadline(timeoutMs).timeoutMs).toBe(2_147_483_647);
  });

  it('is over at its end and not before', () => {
    const deadline = createDeadline(100);
    jest.advanceTimersByTime(99);
    expect(() => throwIfOver(deadline, 'before it began')).not.toThrow();
    jest.advanceTimersByTime(1);
    expect(() => throwIfOver(deadline, 'before it began')).toThrow('timed out after 100 ms before it began');
  });

  it('is over when its signal has fired', () => {
    const deadline = createDeadline(100, AbortSignal.abort());
    expect(() => throwIfOver(deadline, 'before it began')).toThrow('aborted before it began');
  });

  it.each([
    [50, 50],
    [500, 100],
  ])('narrowed to %d ms ends after %d ms', (timeoutMs, expected) => {
    const narrow = narrowDeadline(createDeadline(100), timeoutMs);
    expect([remainingMs(narrow), narrow.timeoutMs]).toEqual([expected, expected]);
  });

  it.each(['outer', 'inner'] as const)('narrowed is ended by the %s signal too', (which) => {
    const controllers = { outer: new AbortController(), inner: new AbortController() };
    const outer = createDeadline(100, controllers.outer.signal);
    const narrow = narrowDeadline(outer, 50, controllers.inner.signal);
    controllers[which].abort();
    expect(narrow.signal?.aborted).toBe(true);
  });

  it('narrowed needs no signal of its own where there is only one', () => {
    const { signal } = new AbortController();
    const narrowed = [
      narrowDeadline(createDeadline(100, signal), 50),
      narrowDeadline(createDeadline(100), 50, signal),
      narrowDeadline(createDeadline(100, signal), 50, signal),
    ];
    for (const narrow of narrowed) expect(narrow.signal).toBe(signal);
  });
});

describe('watchDeadline', () => {
  function watch(deadline: ReturnType<typeof createDeadline>) {
    const heard: unknown[] = [];
    const stop = watchDeadline(
      deadline,
      () => heard.push('over'),
      (reason) => heard.push(reason),
    );
    return { heard, stop };
  }

  it('tells once that the deadline is over', () => {
    const controller = new AbortController();
    const { heard } = watch(createDeadline(100, controller.signal));
    jest.advanceTimersByTime(100);
    controller.abort('late');
    expect([heard, jest.getTimerCount()]).toEqual([['over'], 0]);
  });

  it('tells once that the signal fired', () => {
    const controller = new AbortController();
    const { heard } = watch(createDeadline(100, controller.signal));
    controller.abort('reason');
    jest.advanceTimersByTime(200);
    expect([heard, jest.getTimerCount()]).toEqual([['reason'], 0]);
  });

  it('tells of a signal that has fired before', () => {
    expect(watch(createDeadline(100, AbortSignal.abort('before'))).heard).toEqual(['before']);
  });

  it('tells nothing once it is stopped', () => {
    const controller = new AbortController();
    const { heard, stop } = watch(createDeadline(100, controller.signal));
    stop();
    controller.abort();
    jest.advanceTimersByTime(200);
    expect(heard).toEqual([]);
  });
});

describe('sleep', () => {
  it('ends after its time', async () => {
    const done = sleep(50, createDeadline(100), 'waiting');
    await jest.advanceTimersByTimeAsync(50);
    await expect(done).resolves.toBeUndefined();
  });

  it('ends at the deadline with an error when that comes first', async () => {
    const failure = failureOf(sleep(200, createDeadline(100), 'waiting'));
    await jest.advanceTimersByTimeAsync(100);
    expect(await failure).toMatchObject(timeout);
  });

  it('ends when the signal fires, and leaves no timer', async () => {
    const controller = new AbortController();
    const failure = failureOf(sleep(50, createDeadline(100, controller.signal), 'waiting'));
    controller.abort(new Error('enough'));
    expect(await failure).toMatchObject({ ...aborted, cause: { message: 'enough' } });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not begin when the signal has fired', async () => {
    const failure = failureOf(sleep(50, createDeadline(100, AbortSignal.abort()), 'waiting'));
    expect(await failure).toMatchObject(aborted);
  });
});

describe('within', () => {
  it('answers what the work answers', async () => {
    await expect(within(Promise.resolve(7), createDeadline(100), 'opening')).resolves.toBe(7);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('fails with what the work fails with', async () => {
    const failure = failureOf(within(Promise.reject(new Error('work')), createDeadline(100), 'opening'));
    await expect(failure).resolves.toMatchObject({ message: 'work' });
  });

  it('no longer waits for the work after the deadline', async () => {
    const failure = failureOf(within(new Promise(() => undefined), createDeadline(100), 'opening'));
    await jest.advanceTimersByTimeAsync(100);
    expect(await failure).toMatchObject(timeout);
  });

  it.each([false, true])(
    'no longer waits for the work when the signal fires (before: %s)',
    async (before) => {
      const controller = new AbortController();
      if (before) controller.abort();
      const failure = failureOf(
        within(new Promise(() => undefined), createDeadline(100, controller.signal), 'opening'),
      );
      controller.abort();
      expect(await failure).toMatchObject(aborted);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  it('tells that the client was closed when the close is the reason', async () => {
    const signal = AbortSignal.abort(createClientClosedError());
    const failure = await failureOf(
      within(new Promise(() => undefined), createDeadline(9, signal), 'opening'),
    );
    expect(failure).toMatchObject({ code: 'CLIENT_CLOSED', kind: 'closed' });
  });
});

describe('jitteredBackoffMs', () => {
  it('draws from a range that doubles up to the cap', () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(1);
    const longest = [1, 2, 3, 4, 50].map((attempt) => jitteredBackoffMs(attempt, 50, 300));
    random.mockReturnValue(0);
    const shortest = [1, 50].map((attempt) => jitteredBackoffMs(attempt, 50, 300));
    random.mockRestore();

    expect(longest).toEqual([50, 100, 200, 300, 300]);
    expect(shortest).toEqual([0, 0]);
  });
});
