import { describe, expect, it } from '@jest/globals';
import { StatementPace } from '../../../lib/drivers/sqlite/statement-pace.js';

function createFast(): StatementPace {
  const pace = new StatementPace();
  pace.tookOnThread(0.1);
  return pace;
}

function takeOnThread(pace: StatementPace, times: number): void {
  for (let n = 0; n < times; n++) pace.tookOnThread(0.1);
}

describe('a statement', () => {
  it('runs on a thread before anything is known of it', () => {
    expect(new StatementPace().isFast).toBe(false);
  });

  it('runs inline once it was fast on a thread, or when its plan says so, which is asked once', () => {
    const planned = new StatementPace();
    planned.tryFirst(() => true);
    const unplanned = new StatementPace();
    unplanned.tryFirst(() => false);
    unplanned.tryFirst(() => true);

    expect([createFast(), planned, unplanned].map(({ isFast }) => isFast)).toEqual([true, true, false]);
  });

  it('stays inline after one slow run, and leaves with the second of 32', () => {
    const pace = createFast();
    pace.tookInline(5);
    const afterOne = pace.isFast;
    for (let n = 0; n < 31; n++) pace.tookInline(0.1);
    pace.tookInline(5);

    expect([afterOne, pace.isFast, pace.isSlow]).toEqual([true, false, true]);
  });

  it('stays inline while its slow runs are rare', () => {
    const pace = createFast();
    for (let round = 0; round < 10; round++) {
      pace.tookInline(5);
      for (let n = 0; n < 32; n++) pace.tookInline(0.1);
    }

    expect(pace.isFast).toBe(true);
  });

  it('leaves at once when it took more than 100 ms', () => {
    const pace = createFast();
    pace.tookInline(101);

    expect(pace.isFast).toBe(false);
  });

  it('comes back after 32 fast runs in a row on a thread', () => {
    const pace = createFast();
    pace.tookInline(101);
    takeOnThread(pace, 31);
    pace.tookOnThread(5);
    takeOnThread(pace, 31);
    const before = pace.isFast;
    pace.tookOnThread(0.1);

    expect([before, pace.isFast]).toEqual([false, true]);
  });

  it('that was slow on a thread only comes inline after two fast runs', () => {
    const pace = new StatementPace();
    pace.tookOnThread(5);
    pace.tookOnThread(0.1);
    const before = pace.isFast;
    pace.tookOnThread(0.1);

    expect([before, pace.isFast]).toEqual([false, true]);
  });
});
