import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type DatabaseConnection, type DatabaseModuleOptions } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { openRoom, timeOf, type FaultRoom } from './support/fault-room.js';

/** `exp` of a token that ends so many seconds from now. */
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

describe('an authToken function', () => {
  let server: SqldServer;
  let room: FaultRoom;
  let db: DatabaseConnection | undefined;
  let asked: number;

  beforeAll(async () => {
    server = await startSqld({ jwt: true });
  });
  beforeEach(async () => {
    room = await openRoom(server);
    asked = 0;
  });
  afterEach(async () => {
    await db?.close();
    db = undefined;
    await room.close();
  });
  afterAll(() => server.stop());

  /** Answers each of the tokens in turn, then the last one for ever. */
  function open(tokens: (string | undefined)[], options: DatabaseModuleOptions = {}): DatabaseConnection {
    const authToken = async (): Promise<string> => {
      const token = tokens[Math.min(asked++, tokens.length - 1)];
      return token ?? new Promise<string>(() => undefined);
    };
    db = createConnection({ url: room.proxy.url, authToken, ...options });
    return db;
  }
  const insert = (name: string) => ({ sql: 'INSERT INTO books VALUES (?)', args: [name] });

  it('is asked anew once when the server refuses its token', async () => {
    const connection = open([server.expiredToken, server.authToken]);
    await connection.execute(insert('a'));

    expect(asked).toBe(2);
    expect(await room.names()).toEqual(['a']);
  });

  it('is not asked a third time by one call when its new token is refused too', async () => {
    const failure = await failureOf(open([server.expiredToken]).execute(insert('a')));

    expect(failure).toMatchObject({ kind: 'auth', outcome: 'not-applied' });
    expect(asked).toBe(2);
    expect(await room.names()).toEqual([]);
  });

  it('is asked again before its token ends, and no request goes out with the old one', async () => {
    const first = server.signToken({ a: 'rw', exp: inSeconds(2) });
    let requestsWithFirst = 0;
    const count = (text: string): boolean => {
      if (text.includes(first)) requestsWithFirst++;
      return false;
    };
    room.proxy.inject({ kind: 'none' }, { when: count });
    const connection = open([first, server.signToken({ a: 'rw', exp: inSeconds(60) })]);
    await connection.execute(insert('a'));
    await sleep(2_100);
    const before = requestsWithFirst;
    await connection.execute(insert('b'));

    expect([asked, requestsWithFirst - before]).toEqual([2, 0]);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it('keeps a transaction going whose token ends in the middle of it', async () => {
    const short = server.signToken({ a: 'rw', exp: inSeconds(2) });
    const connection = open([short, server.authToken]);
    const runs = await connection.withTransaction(async (tx) => {
      await tx.execute(insert('a'));
      await sleep(2_100);
      await tx.execute(insert('b'));
      return tx.attempt;
    });

    expect([runs, asked]).toEqual([1, 2]);
    expect(await room.names()).toEqual(['a', 'b']);
  });

  it('that did not answer one call is asked anew by the next', async () => {
    const connection = open([undefined, server.authToken], { connectTimeoutMs: 200 });
    const failure = await failureOf(connection.execute(insert('a')));
    await connection.execute(insert('b'));

    expect(failure).toMatchObject({ kind: 'unavailable', outcome: 'not-applied' });
    expect(asked).toBe(2);
    expect(await room.names()).toEqual(['b']);
  });

  it('that never answers at all is told, within a bound', async () => {
    const connection = open([undefined], { connectTimeoutMs: 100 });
    const call = failureOf(connection.execute(insert('a')));

    expect(await timeOf(call)).toBeLessThan(5_000);
    expect(await call).toMatchObject({
      code: 'AUTH_TOKEN_FUNCTION_TIMEOUT',
      kind: 'unavailable',
      outcome: 'not-applied',
    });
    expect((await call).message).toContain('did not answer within 100 ms');
    expect(await room.names()).toEqual([]);
  });
});

describe('a token', () => {
  it('that is missing, wrong, over or for reading only is told apart, and the right one works', async () => {
    await using server = await startSqld({ jwt: true });
    const room = await openRoom(server);
    const wrong = `${server.authToken?.slice(0, -8)}AAAAAAAA`;
    for (const authToken of [undefined, wrong, server.expiredToken, server.readOnlyToken]) {
      const db = createConnection({ url: server.url, ...(authToken !== undefined && { authToken }) });
      const failure = await failureOf(db.execute("INSERT INTO books VALUES ('a')"));
      await db.close();

      expect(failure.outcome).toBe('not-applied');
      expect(failure.kind).toMatch(authToken === server.readOnlyToken ? /^(auth|read-only)$/ : /^auth$/);
    }
    expect(await room.names()).toEqual([]);
    expect(await readValue(room.db, 'SELECT 1')).toBe(1);
    await room.close();
  });

  it('is asked for anew when the key of the server was changed', async () => {
    const before = await startSqld({ jwt: true });
    const room = await openRoom(before);
    let token = before.authToken as string;
    const db = createConnection({ url: before.url, authToken: () => token });
    await db.execute("INSERT INTO books VALUES ('a')");
    await room.close();
    await before.stop();
    await using after = await startSqld({ jwt: true, dataDir: before.dataDir, port: before.port });
    // until the end of the old server's sockets has been seen
    await sleep(50);
    token = after.authToken as string;
    await db.execute("INSERT INTO books VALUES ('b')");

    expect(await readValue(db, 'SELECT count(*) FROM books')).toBe(2);
    await db.close();
  });
});
