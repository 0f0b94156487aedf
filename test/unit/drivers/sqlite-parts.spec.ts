import { describe, expect, it, jest } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { createRequire } from 'node:module';
import { createDeadline } from '../../../lib/async/deadline.js';
import { bindArgs } from '../../../lib/drivers/sqlite/bind-args.js';
import { assertRunsOnNode, loadManifest } from '../../../lib/drivers/sqlite/load-better-sqlite3.js';
import { isBusy, isStaleSnapshot, toSqliteError } from '../../../lib/drivers/sqlite/sqlite-errors.js';
import { SqliteHandle } from '../../../lib/drivers/sqlite/sqlite-handle.js';
import { runStatement } from '../../../lib/drivers/sqlite/sqlite-run.js';
import { whileBusy } from '../../../lib/drivers/sqlite/while-busy.js';
import { joinWriteGate, leaveWriteGate } from '../../../lib/drivers/write-gates.js';
import { DatabaseError } from '../../../lib/errors/database-error.js';
import { IntegerRangeError } from '../../../lib/errors/integer-range-error.js';
import { readParameters } from '../../../lib/sql/read-parameters.js';
import { failureOf } from '../../contract/facts.js';

describe('loadManifest', () => {
  it('finds the installed package', () => {
    expect(loadManifest(createRequire(import.meta.url)).version).toMatch(/^1[23]\./);
  });

  it('says what to install when the package is missing', async () => {
    const failure = await failureOf(() => loadManifest(createRequire('/nowhere/app.js')));

    expect(failure).toMatchObject({ code: 'DRIVER_NOT_INSTALLED', kind: 'configuration' });
    expect(failure.message).toContain('run "npm install better-sqlite3"');
  });
});

describe('assertRunsOnNode', () => {
  it.each([
    ['12.11.1', '20.19.0'],
    ['12.4.1', '24.0.0'],
    ['13.0.1', '22.14.0'],
    ['13.0.1', '22.20.1'],
    ['13.1.0', '24.0.0'],
  ])('lets better-sqlite3 %s run on Node %s', (version, node) => {
    expect(() => assertRunsOnNode(version, node)).not.toThrow();
  });

  it.each([
    ['13.0.1', '20.19.5'],
    ['13.0.1', '22.13.1'],
    ['14.0.0', '18.0.0'],
  ])('refuses better-sqlite3 %s on Node %s, which it would crash', async (version, node) => {
    const failure = await failureOf(() => assertRunsOnNode(version, node));

    expect(failure).toMatchObject({ kind: 'configuration', outcome: 'not-applied' });
    expect(failure.message).toContain(
      `would crash Node ${node}: run "npm install better-sqlite3@12" or update Node`,
    );
  });
});

describe('toSqliteError', () => {
  const native = (code: string, message = 'native') => Object.assign(new Error(message), { code });

  it.each([
    ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT', 'constraint', 'not-applied'],
    ['SQLITE_ERROR', 'SQLITE_ERROR', 'syntax', 'not-applied'],
    ['SQLITE_MISMATCH', 'SQLITE_MISMATCH', 'syntax', 'not-applied'],
    ['SQLITE_BUSY', 'SQLITE_BUSY', 'busy', 'not-applied'],
    ['SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY', 'busy', 'not-applied'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'SQLITE_LOCKED', 'busy', 'not-applied'],
    ['SQLITE_READONLY_DBMOVED', 'SQLITE_READONLY', 'read-only', 'not-applied'],
    ['SQLITE_TOOBIG', 'SQLITE_TOOBIG', 'too-large', 'not-applied'],
    ['SQLITE_NOTADB', 'SQLITE_NOTADB', 'corrupt', 'not-applied'],
    ['SQLITE_CORRUPT_INDEX', 'SQLITE_CORRUPT', 'corrupt', 'not-applied'],
    ['SQLITE_CANTOPEN', 'SQLITE_CANTOPEN', 'unavailable', 'not-applied'],
    ['SQLITE_FULL', 'SQLITE_FULL', 'unavailable', 'not-applied'],
    ['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR', 'unavailable', 'unknown'],
    ['SQLITE_INTERNAL', 'SQLITE_INTERNAL', 'internal', 'not-applied'],
  ])('names %s', (extendedCode, code, kind, outcome) => {
    expect(toSqliteError(native(extendedCode))).toMatchObject({ code, extendedCode, kind, outcome });
  });

  it.each([
    ['The supplied SQL string contains more than one statement', 'SQL_MANY_STATEMENTS'],
    ['The supplied SQL string contains no statements', 'SQL_NO_STATEMENT'],
    ['Too few parameter values were provided', 'ARGS_INVALID'],
    ['Missing named parameter "a"', 'ARGS_INVALID'],
    ['SQLite3 can only bind numbers, strings, bigints, buffers, and null', 'ARGS_INVALID'],
    ['The database connection is not open', 'SQLITE_MISUSE'],
  ])('names better-sqlite3’s own %j', (message, code) => {
    expect(toSqliteError(new TypeError(message))).toMatchObject({ code, outcome: 'not-applied' });
  });

  it.each([
    new DatabaseError('x', { code: 'x', kind: 'busy', outcome: 'unknown' }),
    new IntegerRangeError('applied'),
    {},
  ])('leaves %p as it is', (error) => {
    expect(toSqliteError(error)).toBe(error);
  });

  it('knows a lock that waiting helps against from a stale snapshot', () => {
    const codes = ['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_FULL'].map((code) =>
      native(code),
    );

    expect(codes.map(isBusy)).toEqual([true, true, false, false]);
    expect(codes.map((code) => isStaleSnapshot(toSqliteError(code)))).toEqual([false, false, true, false]);
    expect((toSqliteError(codes[2]) as Error).message).toContain('begin it with mode "write"');
  });
});

describe('whileBusy', () => {
  const busy = Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });
  const locked = (times: number) => {
    let calls = 0;
    return () => {
      if (calls++ < times) throw busy;
      return calls;
    };
  };

  it('tries again until the lock is free', async () => {
    expect(await whileBusy(locked(5), createDeadline(5_000))).toBe(6);
  });

  it('waits 5 ms at most between two tries, however long the lock is held', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.99);

    // a wait that grew would end beyond the deadline
    expect(await whileBusy(locked(40), createDeadline(5_000)).finally(() => jest.restoreAllMocks())).toBe(41);
  });

  it('gives up at the deadline, and says so', async () => {
    const failure = await failureOf(whileBusy(locked(Infinity), createDeadline(30)));

    expect(failure).toMatchObject({ code: 'SQLITE_BUSY', kind: 'busy', outcome: 'not-applied', cause: busy });
    expect(failure.message).toContain('locked for the whole 30 ms, by another process');
  });

  it('gives up when the signal fires', async () => {
    const signal = AbortSignal.timeout(10);
    const failure = await failureOf(whileBusy(locked(Infinity), createDeadline(5_000, signal)));

    expect(failure).toMatchObject({ kind: 'aborted', outcome: 'not-applied' });
  });

  it('does not try again what failed for another reason', async () => {
    let calls = 0;
    const failure = await failureOf(
      whileBusy(() => {
        calls++;
        throw Object.assign(new Error('x'), { code: 'SQLITE_FULL' });
      }, createDeadline(5_000)),
    );

    expect([calls, failure.kind]).toEqual([1, 'unavailable']);
  });
});

describe('bindArgs', () => {
  const bind = (sql: string, args: Parameters<typeof bindArgs>[1]) => bindArgs(readParameters(sql), args);

  it('lists plain ones, and puts the others into one object', () => {
    expect(bind('SELECT ?, ?', [1n, 'x'])).toEqual([1n, 'x']);
    expect(bind('SELECT ?, :a, ?4', [1n, 2n, 3n, 4n])).toEqual([1n, 3n, { a: 2n, 4: 4n }]);
    expect(bind('SELECT :a', new Map([['a', 1n]]))).toEqual([{ a: 1n }]);
    expect(bind('SELECT 1', new Map())).toEqual([]);
  });

  it.each([
    ['SELECT ?2 || ?1', ['a', 'b'], 'ba'],
    ['SELECT ?2', ['a', 'b'], 'b'],
    ['SELECT :x || ? || :x', ['a', 'b'], 'aba'],
    ['SELECT ?3 || ?', ['a', 'b', 'c', 'd'], 'cd'],
  ])('gives the parameters of %j the values that SQLite means', (sql, args, expected) => {
    const db = new BetterSqlite3(':memory:');
    const row = db
      .prepare(sql)
      .raw()
      .get(...bind(sql, args));
    db.close();

    expect(row).toEqual([expected]);
  });
});

describe('SqliteHandle', () => {
  it('keeps the 500 statements used last prepared', () => {
    const db = new BetterSqlite3(':memory:');
    const handle = new SqliteHandle(db);
    const prepared: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = (sql: string) => {
      prepared.push(sql);
      return prepare(sql);
    };
    const run = (from: number, to: number): void => {
      for (let n = from; n < to; n++) handle.prepare(`SELECT ${n}`).prepared.get();
    };

    run(0, 2_000);
    expect(prepared).toHaveLength(2_000);
    run(1_500, 2_000);
    handle.prepare('SELECT 1500');
    expect(prepared).toHaveLength(2_000);
    run(0, 1);
    handle.prepare('SELECT 1500');
    expect(prepared).toHaveLength(2_001);
    handle.close();
    expect(handle.open).toBe(false);
  });
});

describe('runStatement', () => {
  it('makes the rows of a statement alike, until the schema changes', () => {
    const handle = new SqliteHandle(new BetterSqlite3(':memory:'));
    handle.run('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    const read = () => runStatement(handle, { sql: 'SELECT * FROM t', args: [] }, 'number');
    const classOf = ({ rows }: ReturnType<typeof read>): unknown => Object.getPrototypeOf(rows[0]);
    const first = read();
    first.columns.push('mine');
    const second = read();
    handle.run('BEGIN; ALTER TABLE t RENAME COLUMN a TO b');
    const renamed = read();
    handle.run('ROLLBACK; ALTER TABLE t RENAME COLUMN a TO c');
    const again = read();
    handle.close();

    expect(classOf(second)).toBe(classOf(first));
    expect([second, renamed, again].map(({ columns }) => columns)).toEqual([['a'], ['b'], ['c']]);
    expect([second, renamed, again].map(({ rows }) => ({ ...rows[0] }))).toEqual([
      { a: 1 },
      { b: 1 },
      { c: 1 },
    ]);
  });
});

describe('joinWriteGate', () => {
  it('gives everybody with one key the same gate, until the last one leaves', () => {
    const first = joinWriteGate('a');
    const gates = [joinWriteGate('a'), joinWriteGate('b')];
    leaveWriteGate('a');
    const third = joinWriteGate('a');
    for (const key of ['a', 'a', 'b', 'nobody']) leaveWriteGate(key);
    const later = joinWriteGate('a');
    leaveWriteGate('a');

    expect([gates[0] === first, gates[1] === first, third === first, later === first]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
