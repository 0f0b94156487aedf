import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
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
    const holder = new AuthTokenHolder(undefined, 3_000);

    expect([await holder.get(), holder.renewable, holder.secrets()]).toEqual([undefined, false, []]);
  });

  it('keeps a fixed token, whatever the server says', async () => {
    const secret = new Secret('fixed');
    const holder = new AuthTokenHolder(secret, 3_000);
    holder.discard(secret);

    expect([await holder.get(), holder.renewable, holder.secrets()]).toEqual([secret, false, [secret]]);
  });

  it('asks a function once, and for callers who come together once', async () => {
    const source = createSource();
    const holder = new AuthTokenHolder(source.ask, 3_000);
    const tokens = await Promise.all([reveal(holder), reveal(holder), reveal(holder)]);

    expect([...tokens, await reveal(holder)]).toEqual(Array(4).fill('token-1'));
    expect([source.asked, holder.renewable]).toEqual([1, true]);
  });

  it('asks anew after a refusal, once for everybody who was refused', async () => {
    const source = createSource();
    const holder = new AuthTokenHolder(source.ask, 3_000);
    const refused = await holder.get();
    holder.discard(refused);
    const renewed = await reveal(holder);
    holder.discard(refused);

    expect([renewed, await reveal(holder), source.asked]).toEqual(['token-2', 'token-2', 2]);
  });

  it('still knows a refused token as a secret', async () => {
    const holder = new AuthTokenHolder(createSource().ask, 3_000);
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
    const holder = new AuthTokenHolder(source as () => string, 3_000);
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
    }, 3_000);
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
    }, 3_000);
    const calls = [reveal(holder), reveal(holder)];
    latch.open();

    expect([await Promise.all(calls), asked]).toEqual([['token', 'token'], 1]);
  });
});

describe('AuthTokenHolder and time', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 1_800_000_000_000 }));
  afterEach(() => void jest.useRealTimers());

  it('gives up a function that does not answer, and asks it anew', async () => {
    let asked = 0;
    const holder = new AuthTokenHolder(
      () => (++asked === 1 ? new Promise<string>(() => undefined) : Promise.resolve('token')),
      3_000,
    );
    const failures = [failureOf(holder.get()), failureOf(holder.get())];
    await jest.advanceTimersByTimeAsync(3_000);

    for (const failure of await Promise.all(failures)) {
      expect(failure).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
      expect(failure.message).toContain('did not answer within 3000 ms');
    }
    expect([await reveal(holder), asked, jest.getTimerCount()]).toEqual(['token', 2, 0]);
  });

  it('drops an answer that comes too late', async () => {
    const answers = [createLatch(), createLatch()] as const;
    let asked = 0;
    const holder = new AuthTokenHolder(async () => {
      const mine = asked++ as 0 | 1;
      await answers[mine].opened;
      return `token-${mine}`;
    }, 3_000);
    const late = failureOf(holder.get());
    await jest.advanceTimersByTimeAsync(3_000);
    await late;
    const next = reveal(holder);
    answers[0].open();
    await jest.advanceTimersByTimeAsync(10);
    answers[1].open();

    expect([await next, await reveal(holder), asked]).toEqual(['token-1', 'token-1', 2]);
  });

  it('tells what a function threw and where, as a cause', async () => {
    const vaultIsDown = (): never => {
      throw Object.assign(new TypeError('planted-secret'), { code: 'ECONNREFUSED' });
    };
    const { message, cause } = await failureOf(new AuthTokenHolder(vaultIsDown, 3_000).get());

    expect(message).toBe(
      'AUTH_TOKEN_FUNCTION_FAILED: the authToken function failed (TypeError, ECONNREFUSED)',
    );
    expect(cause).toMatchObject({ name: 'TypeError', code: 'ECONNREFUSED' });
    expect((cause as Error).stack).toContain('vaultIsDown');
    expect((cause as Error).stack).not.toContain('planted-secret');
  });

  /** Tokens that are valid for a minute from the moment they are asked for, unless the answer is another one. */
  function createIssuer(answers: (() => Promise<string>)[] = []) {
    const issuer = {
      asked: 0,
      ask: (): Promise<string> => {
        issuer.asked++;
        const payload = JSON.stringify({ n: issuer.asked, exp: Math.round(Date.now() / 1_000) + 60 });
        return (
          answers[issuer.asked - 1]?.() ??
          Promise.resolve(`x.${Buffer.from(payload).toString('base64url')}.x`)
        );
      },
    };
    return issuer;
  }

  it('replaces a token shortly before its end, and nobody waits for that', async () => {
    const issuer = createIssuer();
    const holder = new AuthTokenHolder(issuer.ask, 3_000);
    const first = await reveal(holder);
    await jest.advanceTimersByTimeAsync(53_000);
    expect([await reveal(holder), issuer.asked]).toEqual([first, 1]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect([await reveal(holder), issuer.asked]).toEqual([first, 2]);
    await jest.advanceTimersByTimeAsync(1);

    expect([(await reveal(holder)) === first, issuer.asked]).toEqual([false, 2]);
  });

  it('uses a token that cannot be replaced to its end, asking at most once a second, and then says why', async () => {
    const issuer = createIssuer([
      undefined as never,
      ...Array.from({ length: 50 }, () => () => Promise.reject<string>(new Error('x'))),
    ]);
    const holder = new AuthTokenHolder(issuer.ask, 3_000);
    const first = await reveal(holder);
    await jest.advanceTimersByTimeAsync(54_000);
    for (let passed = 0; passed < 5_000; passed += 100) {
      expect(await reveal(holder)).toBe(first);
      await jest.advanceTimersByTimeAsync(100);
    }
    const before = issuer.asked;
    await jest.advanceTimersByTimeAsync(1_000);

    expect(before).toBeLessThanOrEqual(7);
    expect(await failureOf(holder.get())).toMatchObject({ kind: 'auth', outcome: 'not-applied' });
  });

  it.each(['no-jwt', 'x.bm8ganNvbg.x', `x.${Buffer.from('{"exp":1}').toString('base64url')}.x`])(
    'leaves the end of %j to the server',
    async (token) => {
      let asked = 0;
      const holder = new AuthTokenHolder(() => `${token}${++asked === 1 ? '' : 'y'}`, 3_000);
      await holder.get();
      await jest.advanceTimersByTimeAsync(100_000);

      expect([await reveal(holder), asked]).toEqual([token, 1]);
    },
  );
});
