import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setMaxListeners } from 'node:events';
import { createDeadline } from '../../../lib/async/deadline.js';
import { FifoGate, type Release } from '../../../lib/async/fifo-gate.js';
import { failureOf } from '../../contract/facts.js';

describe('FifoGate', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const soon = (): ReturnType<typeof createDeadline> => createDeadline(1_000);
  const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);
  const hold = (gate: FifoGate): Release => gate.tryAcquire() as Release;

  it('admits as many as its capacity and counts them', async () => {
    const gate = new FifoGate(2, 'waiting');
    await gate.acquire(soon());
    await gate.acquire(soon());

    expect([gate.held, gate.waiting, gate.tryAcquire()]).toEqual([2, 0, undefined]);
  });

  it('admits in the order of asking', async () => {
    const gate = new FifoGate(1, 'waiting');
    const order: number[] = [];
    const release = hold(gate);
    for (const n of [1, 2, 3]) {
      void gate.acquire(soon()).then((releaseNext) => {
        order.push(n);
        releaseNext();
      });
    }
    await settle();
    expect([order, gate.waiting]).toEqual([[], 3]);

    release();
    await settle();
    expect([order, gate.waiting, gate.held]).toEqual([[1, 2, 3], 0, 0]);
  });

  it('lets nobody overtake a waiter, not even in the moment of a release', async () => {
    const gate = new FifoGate(1, 'waiting');
    const order: string[] = [];
    const release = hold(gate);
    const waiter = gate.acquire(soon()).then(() => order.push('waiter'));
    release();
    const overtaker = gate.tryAcquire();
    void gate.acquire(soon()).then(() => order.push('late'));
    await waiter;

    expect(overtaker).toBeUndefined();
    expect([order, gate.held, gate.waiting]).toEqual([['waiter'], 1, 1]);
  });

  it('gives a place back once, however often it is released', async () => {
    const gate = new FifoGate(1, 'waiting');
    const release = hold(gate);
    const next = gate.acquire(soon());
    release();
    release();
    const releaseNext = await next;
    release();

    expect([gate.held, gate.tryAcquire()]).toEqual([1, undefined]);
    releaseNext();
    expect(gate.held).toBe(0);
  });

  it('refuses a waiter at its deadline, and serves those behind it', async () => {
    const gate = new FifoGate(1, 'waiting for the write gate');
    const release = hold(gate);
    const impatient = failureOf(gate.acquire(createDeadline(50)));
    const patient = gate.acquire(soon());
    await jest.advanceTimersByTimeAsync(50);

    expect(await impatient).toMatchObject({ code: 'TIMEOUT', kind: 'timeout', outcome: 'not-applied' });
    expect((await impatient).message).toContain('timed out after 50 ms waiting for the write gate');
    expect(gate.waiting).toBe(1);
    release();
    await patient;
  });

  it('says who holds it, to those who wait in vain', async () => {
    const gate = new FifoGate(1, 'waiting');
    const release = hold(gate);
    gate.describeHolder('a transaction opened at app.ts:1:1');
    const first = failureOf(gate.acquire(createDeadline(10)));
    await jest.advanceTimersByTimeAsync(10);
    release();
    hold(gate);
    const second = failureOf(gate.acquire(createDeadline(10)));
    await jest.advanceTimersByTimeAsync(10);

    expect((await first).message).toContain('held by a transaction opened at app.ts:1:1');
    expect((await second).message).not.toContain('app.ts');
  });

  it('refuses a waiter whose signal fires, and leaves no listener and no timer', async () => {
    const gate = new FifoGate(1, 'waiting');
    hold(gate);
    const controller = new AbortController();
    const removed = jest.spyOn(controller.signal, 'removeEventListener');
    const call = failureOf(gate.acquire(createDeadline(1_000, controller.signal)));
    await settle();
    controller.abort(new Error('enough'));

    expect(await call).toMatchObject({ code: 'ABORTED', kind: 'aborted', outcome: 'not-applied' });
    expect([gate.waiting, jest.getTimerCount()]).toEqual([0, 0]);
    expect(removed).toHaveBeenCalled();
  });

  it('watches all who wait with one timer and one listener for each signal', async () => {
    const gate = new FifoGate(1, 'waiting');
    const release = hold(gate);
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, 'addEventListener');
    const failures = [500, 400, 600].map((ms) => failureOf(gate.acquire(createDeadline(ms, signal))));
    const served = gate.acquire(createDeadline(5_000, signal));
    await settle();
    expect([added.mock.calls.length, jest.getTimerCount()]).toEqual([1, 1]);

    await jest.advanceTimersByTimeAsync(400);
    expect(gate.waiting).toBe(3);
    await jest.advanceTimersByTimeAsync(200);
    expect((await Promise.all(failures)).map(({ kind }) => kind)).toEqual(['timeout', 'timeout', 'timeout']);
    release();
    await served;
    expect([gate.waiting, jest.getTimerCount()]).toEqual([0, 0]);
  });

  it('refuses at once when the deadline is over or the signal has fired, even when it is free', async () => {
    const gate = new FifoGate(1, 'waiting');
    const failures = [
      await failureOf(gate.acquire(createDeadline(0))),
      await failureOf(gate.acquire(createDeadline(1_000, AbortSignal.abort()))),
    ];

    expect(failures.map(({ kind }) => kind)).toEqual(['timeout', 'aborted']);
    expect(gate.held).toBe(0);
  });

  it('never loses a place to many who time out, are aborted and are served at random', async () => {
    const gate = new FifoGate(3, 'waiting');
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    let most = 0;
    const work = async (n: number): Promise<void> => {
      const deadline = createDeadline((n * 7) % 40, n % 5 === 0 ? controller.signal : undefined);
      const release = await gate.acquire(deadline).catch(() => undefined);
      if (release === undefined) return;
      most = Math.max(most, gate.held);
      await new Promise((resolve) => setTimeout(resolve, n % 4));
      release();
    };
    const all = Promise.all(Array.from({ length: 200 }, (_, n) => work(n)));
    await jest.advanceTimersByTimeAsync(10);
    controller.abort();
    await jest.advanceTimersByTimeAsync(100);
    await all;

    expect([most, gate.held, gate.waiting]).toEqual([3, 0, 0]);
  });
});
