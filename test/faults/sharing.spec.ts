import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { AmbientDeadline, runWithinDeadline } from '../../lib/database/ambient-deadline.js';
import { failureOf, readValue } from '../contract/facts.js';
import { useFaultRoom } from './support/use-fault-room.js';

const room = useFaultRoom({ queryTimeoutMs: 5_000 });

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const read = (n: number): Promise<unknown> => readValue(room.db, 'SELECT ? + 0', [n]);
const insert = (name: string) => room.db.execute('INSERT INTO books VALUES (?)', [name]);
const carries = (part: string) => (text: string) => text.includes(part);

/** What of a request the facts look at. */
interface SentRequest {
  readonly batch?: { readonly steps: readonly { readonly condition: unknown }[] };
}

/** The steps of the shared statements of a request, by its text. */
function readSteps(text: string): { readonly condition: unknown }[] {
  const { requests } = JSON.parse(text.slice(text.indexOf('{'))) as { requests: SentRequest[] };
  return requests.flatMap(({ batch }) => batch?.steps ?? []);
}

/** How many requests went to the server for it. */
async function countRequests(work: () => Promise<unknown>): Promise<number> {
  const before = room.proxy.counts.requests;
  await work();
  return room.proxy.counts.requests - before;
}

describe('callers who share requests', () => {
  it('read while another request of reads is on its way', async () => {
    room.proxy.inject({ kind: 'blackhole' }, { requests: 1, when: carries('"text","value":"held"') });
    const controller = new AbortController();
    const held = runWithinDeadline(new AmbientDeadline(5_000, controller.signal), () =>
      failureOf(room.db.execute('SELECT ?', ['held'])),
    );
    await new Promise((resolve) => setImmediate(resolve));

    expect(await Promise.all(numbers(40).map(read))).toEqual(numbers(40));
    controller.abort();
    expect((await held).kind).toBe('aborted');
  });

  it('write in one request when they come while another is on its way', async () => {
    room.proxy.inject({ kind: 'delay', downMs: 300 }, { requests: 1 });
    const requests = await countRequests(async () => {
      const calls = [];
      for (const n of numbers(10)) {
        calls.push(insert(`${n}`));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(calls);
    });

    expect(requests).toBe(2);
    expect(await room.names()).toEqual(numbers(10).map(String));
  });

  it('carry each statement as a step that runs only outside of a transaction', async () => {
    const sent: string[] = [];
    room.proxy.inject({ kind: 'none' }, { when: (text) => sent.push(text) === 0 });
    await Promise.all([read(1), read(2), insert('a'), insert('b')]);
    const conditions = sent.flatMap(readSteps).map(({ condition }) => condition);

    expect(conditions).toEqual(numbers(4).map(() => ({ type: 'is_autocommit' })));
  });

  it.each([
    ['reads', read],
    ['writes', (n: number) => insert(`${n}`)],
  ])('send 32 %s at most in one', async (_kind, call) => {
    const sizes: number[] = [];
    room.proxy.inject({ kind: 'none' }, { when: (text) => sizes.push(readSteps(text).length) === 0 });
    await Promise.all(numbers(80).map(call));

    expect(sizes.toSorted((one, two) => one - two)).toEqual([16, 32, 32]);
  });

  it('have their request sent outside of the context of the one who came first', async () => {
    await read(0);
    const store = new AsyncLocalStorage<string>();
    const contexts: unknown[] = [];
    const onStart = (): void => void contexts.push(store.getStore());
    subscribe('http.client.request.start', onStart);
    const calls = [read, (n: number) => insert(`${n}`)].flatMap((call) =>
      ['first', 'second'].map((name, n) => store.run(name, () => call(n).then(() => store.getStore()))),
    );
    const own = await Promise.all(calls).finally(() => unsubscribe('http.client.request.start', onStart));

    expect(contexts).toEqual([undefined, undefined]);
    expect(own).toEqual(['first', 'second', 'first', 'second']);
  });

  it('run a statement alone when its step found itself in a transaction', async () => {
    const batch = { type: 'batch', result: { step_results: [null], step_errors: [null] } };
    const results = [batch, { type: 'close' }].map((response) => ({ type: 'ok', response }));
    room.proxy.inject(
      { kind: 'respond', status: 200, body: JSON.stringify({ baton: null, results }) },
      { requests: 1 },
    );
    const requests = await countRequests(() => insert('a'));

    expect(requests).toBe(2);
    expect(await room.names()).toEqual(['a']);
  });
});

describe('a request that is lost', () => {
  it('takes nobody along again at its next call, until its statement was answered', async () => {
    const poison = () => readValue(room.db, "SELECT 'takes the server down'");
    const companion = () => readValue(room.db, "SELECT 'companion'");
    const refused: string[] = [];
    const isPoison = (text: string) => text.includes('takes the server down') && refused.push(text) > 0;
    const takesAlong = async (): Promise<boolean> => {
      refused.length = 0;
      await Promise.allSettled([poison(), companion()]);
      return refused.some(carries('companion'));
    };
    room.proxy.inject({ kind: 'respond', status: 500 }, { when: isPoison });
    const [first, second] = [await takesAlong(), await takesAlong()];
    room.proxy.clear();
    await poison();

    expect([first, second]).toEqual([true, false]);
    expect(await countRequests(() => Promise.all([poison(), companion()]))).toBe(1);
  });
});
