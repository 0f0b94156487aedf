import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { AuthTokenHolder } from '../../../lib/drivers/turso/auth-token.js';
import { Secret } from '../../../lib/options/secret.js';
import { createLatch, failureOf } from '../../contract/facts.js';

/** A source that answers `token-1`, `token-2` … and counts. */
function createSource() {
  const source = { asked: 0, ask: async () => `token-${++source.asked}` };
  return source;
}

const reveal = async (holder: AuthTokenHolder): Promise<string | undefined> => (await holder.get())?.reveal();

describe('AuthTokenHolder', () => {
  it('has no token without a source', async () => {
    const holder = new AuthTokenHolder(undefined);

    expect([await holder.get(), holder.renewable, holder.secrets()]).toEqual([undefined, false, []]);
  });

  it('keeps a fixed token, whatever the server says', async () => {
    const secret = new Secret('fixed');
    const holder = new AuthTokenHolder(secret);
    holder.discard(secret);

    expect([await holder.get(), holder.renewable, holder.secrets()]).toEqual([secret, false, [secret]]);
  });

  it('asks a function once, and for callers who come together once', async () => {
    const source = createSource();
    const holder = new AuthTokenHolder(source.ask);
    const tokens = await Promise.all([reveal(holder), reveal(holder), reveal(holder)]);

    expect([...tokens, await reveal(holder)]).toEqual(Array(4).fill('token-1'));
    expect([source.asked, holder.renewable]).toEqual([1, true]);
  });

  it('asks anew after a refusal, once for everybody who was refused', async () => {
    const source = createSource();
    const holder = new AuthTokenHolder(source.ask);
    const refused = await holder.get();
    holder.discard(refused);
    const renewed = await reveal(holder);
    holder.discard(refused);

    expect([renewed, await reveal(holder), source.asked]).toEqual(['token-2', 'token-2', 2]);
  });

  it('still knows a refused token as a secret', async () => {
    const holder = new AuthTokenHolder(createSource().ask);
    holder.discard(await holder.get());
    await holder.get();

    expect(holder.secrets().map((secret) => secret.reveal())).toEqual(['token-2', 'token-1']);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new RangeError('planted-secret');
      },
      /failed \(RangeError\)/,
    ],
    ['rejects', () => Promise.reject(new TypeError('planted-secret')), /failed \(TypeError\)/],
    [
      'rejects with a text',
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an app may do so
      () => Promise.reject('planted-secret'),
      /failed \(string\)/,
    ],
    ['answers no text', () => 7, /must be a string, got number/],
    ['answers nothing', () => '', /is empty/],
    ['answers a broken token', () => 'planted-secret\n', /white space/],
  ])('says why a function that %s gave no token, without its words', async (_name, source, message) => {
    const holder = new AuthTokenHolder(source as () => string);
    const failure = await failureOf(holder.get());

    expect(failure.message).toMatch(message);
    expect(failure.outcome).toBe('not-applied');
    expect(inspect(failure, { depth: 5 }) + failure.stack).not.toContain('planted-secret');
  });

  it('asks a function again that failed before', async () => {
    let asked = 0;
    const holder = new AuthTokenHolder(async () => {
      if (++asked === 1) throw new Error('x');
      return 'token';
    });
    const failure = await failureOf(holder.get());

    expect([failure.kind, await reveal(holder)]).toEqual(['auth', 'token']);
  });

  it('lets those who come while it asks wait for the answer', async () => {
    const latch = createLatch();
    let asked = 0;
    const holder = new AuthTokenHolder(async () => {
      asked++;
      await latch.opened;
      return 'token';
    });
    const calls = [reveal(holder), reveal(holder)];
    latch.open();

    expect([await Promise.all(calls), asked]).toEqual([['token', 'token'], 1]);
  });
});
