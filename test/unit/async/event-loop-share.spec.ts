import { describe, expect, it } from '@jest/globals';
import { createDeadline } from '../../../lib/async/deadline.js';
import { EventLoopShare } from '../../../lib/async/event-loop-share.js';
import { failureOf } from '../../contract/facts.js';

const soon = () => createDeadline(10_000);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Does a piece of work in its turn, as the drivers do. */
async function inTurn(share: EventLoopShare, run: () => void, deadline = soon()): Promise<void> {
  await share.run(run, deadline);
}

describe('EventLoopShare', () => {
  it('lets work run at once until a turn has lasted 2 ms, then in the next turn', async () => {
    const share = new EventLoopShare();
    const done: string[] = [];
    const run = (name: string, ms = 0): unknown =>
      share.run(() => {
        done.push(name);
        work(ms);
      }, soon());
    run('first', 3);
    const second = run('second');
    for (let n = 0; n < 50; n++) await undefined;
    const inSameTurn = [...done];
    await second;

    expect(inSameTurn).toEqual(['first']);
    expect(done).toEqual(['first', 'second']);
    await nextTurn();
    expect(run('third')).toBeUndefined();
    expect(done).toEqual(['first', 'second', 'third']);
  });

  it('lets those in front of those who ask again while they are resumed', async () => {
    const share = new EventLoopShare();
    let turns = 0;
    let waiting = true;
    const count = async (): Promise<void> => {
      for (; waiting; turns++) await nextTurn();
    };
    void share.run(() => work(3), soon());
    const counting = count();
    // a thousand reads of a few microseconds by each of ten
    const callers = Array.from({ length: 10 }, async () => {
      for (let n = 0; n < 1_000; n++) await share.run(() => n, soon());
    });
    await Promise.all(callers);
    waiting = false;
    await counting;

    expect(turns).toBeLessThan(500);
  });

  it('keeps the order in which it was asked, also when it is asked meanwhile', async () => {
    const share = new EventLoopShare();
    const order: number[] = [];
    const start = (n: number, then?: () => void): Promise<void> =>
      inTurn(share, () => {
        order.push(n);
        work(0.7);
        then?.();
      });
    const later: Promise<void>[] = [];
    await inTurn(share, () => work(3));
    const calls = Array.from({ length: 20 }, (_, n) => start(n, () => later.push(start(20 + n))));
    await Promise.all(calls);
    await Promise.all(later);

    expect(order).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });

  it('does not admit more work into a turn than fits', async () => {
    const share = new EventLoopShare();
    let turns = 0;
    let waiting = true;
    const count = async (): Promise<void> => {
      for (; waiting; turns++) await nextTurn();
    };
    await inTurn(share, () => work(3));
    const calls = Array.from({ length: 10 }, () => inTurn(share, () => work(2.5)));
    const counting = count();
    await Promise.all(calls);
    waiting = false;
    await counting;

    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('ends the wait of those whose deadline is over or whose signal fires, behind a long queue', async () => {
    const share = new EventLoopShare();
    const controller = new AbortController();
    await inTurn(share, () => work(3));
    let done = 0;
    const busy = Array.from({ length: 100 }, () =>
      inTurn(share, () => {
        done++;
        work(2.5);
      }),
    );
    const late = failureOf(inTurn(share, () => undefined, createDeadline(20)));
    const aborted = failureOf(inTurn(share, () => undefined, createDeadline(10_000, controller.signal)));
    setTimeout(() => controller.abort(), 20);
    const failures = [await late, await aborted];
    const before = done;
    await Promise.all(busy);

    expect(failures.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['timeout', 'not-applied'],
      ['aborted', 'not-applied'],
    ]);
    expect(before).toBeLessThan(100);
  });
});
