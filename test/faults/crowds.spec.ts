import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DatabaseError } from '../../lib/index.js';
import { Outcomes, told } from '../soak/outcomes.js';
import { openOwnRoom, type FaultRoom } from './support/fault-room.js';

/** LONG_FAULTS=1: outages as long as real ones. */
const isLong = process.env.LONG_FAULTS === '1';
const outageMs = isLong ? 20_000 : 3_000;

const megabyte = 1_048_576;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is in use, in bytes, without the garbage of this file and of those before it. */
function liveHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a crowd of callers', () => {
  let room: FaultRoom;
  let outcomes: Outcomes;
  let calls: number;
  let longestMs: number;

  beforeEach(async () => {
    room = await openOwnRoom({ queryTimeoutMs: 2_000 });
    outcomes = new Outcomes();
    calls = 0;
    longestMs = 0;
  });
  afterEach(() => room.close());

  /** Reads and writes in turn until `end`, with a moment between two calls. */
  async function callUntil(end: number, caller: number): Promise<void> {
    for (let n = caller; performance.now() < end; n++) {
      if (n % 2 === 0) await write();
      else await timed(room.db.execute('SELECT count(*) FROM books')).catch(() => undefined);
      await sleep(100);
    }
  }

  async function write(options: { timeoutMs?: number } = {}): Promise<void> {
    const id = outcomes.begin(1);
    const insert = { sql: 'INSERT INTO books VALUES (?)', args: [String(id)], ...options };
    await timed(room.db.execute(insert)).then(
      () => outcomes.settle(id, told.acknowledged),
      (error: unknown) => {
        const surely = error instanceof DatabaseError && error.outcome === 'not-applied';
        outcomes.settle(id, surely ? told.failed : told.unknown);
      },
    );
  }

  async function timed<T>(call: Promise<T>): Promise<T> {
    calls++;
    const start = performance.now();
    return call.finally(() => (longestMs = Math.max(longestMs, performance.now() - start)));
  }

  /** The rows that are not as their callers were told; what was given up may wait on the server until a lock is taken away after 5 s. */
  async function compare(): Promise<string[]> {
    await sleep(6_000);
    const rows = new Map<number, number>();
    for (const name of await room.names()) rows.set(Number(name), (rows.get(Number(name)) ?? 0) + 1);
    return outcomes.compare(rows);
  }

  it('of 500 is answered in time during an outage, adds little load and no memory, and is served again', async () => {
    const heapBefore = liveHeap();
    const { requests } = room.proxy.counts;
    room.proxy.inject({ kind: 'reset-before-forward' });
    const end = performance.now() + outageMs;
    const callers = Promise.all(Array.from({ length: 500 }, (_, caller) => callUntil(end, caller)));
    let mostInFlight = 0;
    let nextLook = performance.now() + outageMs / 3;
    const grown: number[] = [];
    while (performance.now() < end) {
      mostInFlight = Math.max(mostInFlight, room.db.status().inFlight);
      if (performance.now() > nextLook) {
        grown.push(liveHeap() - heapBefore);
        nextLook += outageMs / 3;
      }
      await sleep(100);
    }
    await callers;
    const kept = liveHeap() - heapBefore;
    const during = room.proxy.counts.requests - requests;
    room.proxy.clear();
    await room.db.ping();
    const before = outcomes.count(told.acknowledged);
    const longestDuring = longestMs;
    await Promise.all(Array.from({ length: 500 }, () => write({ timeoutMs: 30_000 })));

    // each of them came back
    expect(calls).toBeGreaterThan(1_000);
    expect(longestDuring).toBeLessThan(10_000);
    expect(during).toBeLessThanOrEqual(calls * 1.1);
    expect(mostInFlight).toBeLessThanOrEqual(500);
    expect(grown.length).toBeGreaterThan(0);
    // what 500 calls hold at once, each with a socket of its own in the worst moment; never what tens of thousands would
    expect(Math.max(...grown)).toBeLessThan(500 * 0.1 * megabyte);
    expect(kept).toBeLessThan(20 * megabyte);
    expect([before, outcomes.count(told.acknowledged)]).toEqual([0, 500]);
    expect(room.db.status()).toMatchObject({ inFlight: 0, waiting: 0, breaker: { state: 'closed' } });
    expect(await compare()).toEqual([]);
  }, 90_000);
});
