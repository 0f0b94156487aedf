import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AmbientDeadline, runWithinDeadline } from '../../lib/database/ambient-deadline.js';
import { failureOf } from '../contract/facts.js';
import { startSilentHost, type SilentHost } from '../support/silent-host.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom({ connectTimeoutMs: 8_000, queryTimeoutMs: 8_000 });

/** A call that may share its request: its time and signal are those of what it belongs to. */
const insert = (name: string, timeoutMs: number, signal = new AbortController().signal) =>
  runWithinDeadline(new AmbientDeadline(timeoutMs, signal), () =>
    room.db.execute('INSERT INTO books VALUES (?)', [name]),
  );

describe('writes that share a request over a connection that does not come about', () => {
  let host: SilentHost;
  beforeEach(async () => {
    await room.proxy.refuse();
    host = await startSilentHost(room.proxy.port);
    // the end of the open sockets has been seen
    await sleep(50);
  });
  afterEach(() => host.close());

  /** The system tries again to connect by itself, a second after its first try. */
  const connect = async (): Promise<void> => {
    await host.close();
    await room.proxy.accept();
  };

  it('are not applied when their time is over, and say so', async () => {
    const failures = await Promise.all(['a', 'b', 'c'].map((name) => failureOf(insert(name, 200))));
    await connect();

    expect(failures.map(({ kind, outcome }) => [kind, outcome])).toEqual(
      failures.map(() => ['timeout', 'not-applied']),
    );
    expect(await room.names()).toEqual([]);
    expect(room.db.status()).toMatchObject({ inFlight: 0, waiting: 0, timeouts: 3 });
  });

  it('stay out of it once they are given up, and the others are applied when it stands', async () => {
    const aborting = new AbortController();
    const calls = [
      failureOf(insert('late', 200)),
      failureOf(insert('aborted', 8_000, aborting.signal)),
      insert('patient', 8_000),
    ];
    setTimeout(() => aborting.abort(), 100);
    const [late, aborted] = await Promise.all(calls.slice(0, 2));
    await connect();
    await calls[2];

    expect(late).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
    expect(aborted).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
    expect(await room.names()).toEqual(['patient']);
    expect(room.proxy.counts.requests).toBe(2);
  });
});
