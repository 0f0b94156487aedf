import { describe, expect, it } from '@jest/globals';
import { messageOf, resolveWith } from './resolve-with.js';

const url = 'sqlite:a.db';
const problemOf = (options: Record<string, unknown>): string =>
  messageOf(() => resolveWith({ url, ...options }));
const envProblemOf = (variable: string, value: unknown): string =>
  messageOf(() => resolveWith({}, { DATABASE_URL: 'libsql://h', [variable]: value }));

describe('options', () => {
  it.each([undefined, null, 'sqlite:a.db', [], 5])('must be an object, not %j', (options) => {
    expect(messageOf(() => resolveWith(options as unknown as Record<string, unknown>))).toMatch(
      /^The options of a connection must be an object, got/,
    );
  });

  it.each([
    ['querytimeoutms', 'queryTimeoutMs'],
    ['queryTimeout', 'queryTimeoutMs'],
    ['qeuryTimeoutMs', 'queryTimeoutMs'],
    ['AuthToken', 'authToken'],
    ['auth_token', 'authToken'],
    ['token', 'authToken'],
    ['retries', 'maxAttempts'],
    ['concurrency', 'pool.maxStreams'],
    ['synchronous', 'sqlite.synchronous'],
    ['filename', 'url'],
    ['sqlit', 'sqlite'],
    ['migration', 'migrations'],
  ])('"%s" is refused for "%s"', (written, meant) => {
    expect(problemOf({ [written]: 1 })).toBe(`Unknown option "${written}": did you mean "${meant}"?`);
  });

  it.each([
    ['sqlite', 'syncronous', 'sqlite.synchronous'],
    ['sqlite', 'readers', 'pool.readers'],
    ['pool', 'maxStream', 'pool.maxStreams'],
    ['pool', 'queryTimeoutMs', 'queryTimeoutMs'],
    ['tls', 'serverName', 'tls.servername'],
    ['migrations', 'folder', 'migrations.directory'],
  ])('"%s.%s" is refused for "%s"', (group, written, meant) => {
    expect(
      problemOf({ [group]: { [written]: 1, ...(group === 'migrations' ? { directory: 'm' } : {}) } }),
    ).toBe(`Unknown option "${group}.${written}": did you mean "${meant}"?`);
  });

  it('that nobody could mean are refused', () => {
    expect(problemOf({ xyzzyplugh: 1 })).toBe('Unknown option "xyzzyplugh"');
    expect(problemOf({ pool: { xyzzyplugh: 1 } })).toBe(
      'Unknown option "pool.xyzzyplugh": there are pool.readers, pool.maxStreams',
    );
    expect(problemOf({ toString: 1 })).toContain('Unknown option "toString"');
  });

  it('"name" belongs beside the factory', () => {
    expect(problemOf({ name: 'reports' })).toContain('stands beside the factory');
  });

  it('that are undefined count as left out, unknown ones too', () => {
    expect(() =>
      resolveWith({ url, sqlite: undefined, pool: { readers: undefined }, nonsense: undefined }),
    ).not.toThrow();
  });

  it('of a class with getters are read', () => {
    class Options {
      get url(): string {
        return 'sqlite:getter.db';
      }
    }
    expect(resolveWith(new Options()).target.location).toBe('/work/app/getter.db');
  });

  it('list every problem', () => {
    expect(problemOf({ lazy: 1, pool: { readers: 0, writers: 1 } }).split('\n- ')).toHaveLength(4);
  });

  it.each([
    [
      { queryTimeoutMs: 0 },
      'The option "queryTimeoutMs" must be an integer from 1 to 2147483647 (milliseconds), got 0',
    ],
    [{ queryTimeoutMs: 2 ** 31 }, 'got 2147483648'],
    [{ queryTimeoutMs: 1.5 }, 'got 1.5'],
    [{ queryTimeoutMs: NaN }, 'got NaN'],
    [{ queryTimeoutMs: Infinity }, 'got Infinity'],
    [{ queryTimeoutMs: '10s' }, 'got "10s": write 10000'],
    [{ queryTimeoutMs: '10' }, 'got "10"'],
    [{ queryTimeoutMs: null }, 'got null'],
    [{ queryTimeoutMs: {} }, 'got an object'],
    [{ maxAttempts: '3s' }, 'got "3s"'],
    [{ queryTimeoutMs: 's3cret'.repeat(5) }, 'got a string of 30 characters'],
    [{ maxAttempts: 101 }, 'from 1 to 100 (attempts)'],
    [{ maxAttempts: 0 }, 'from 1 to 100 (attempts)'],
    [{ pool: { readers: 65 } }, 'The option "pool.readers" must be an integer from 1 to 64'],
    [{ pool: { maxStreams: 101 } }, 'from 1 to 100 (streams)'],
    [{ pool: null }, 'The option "pool" must be an object, got null'],
    [{ pool: [] }, 'got an array of 0'],
    [{ sqlite: 5 }, 'The option "sqlite" must be an object, got a number'],
    [{ sqlite: { cacheSizeKb: -1 } }, 'from 0 to 2147483647'],
    [{ sqlite: { mmapSizeMb: 4096 } }, 'from 0 to 2047'],
    [{ sqlite: { synchronous: 'FULL' } }, 'must be "off", "normal", "full" or "extra", got "FULL"'],
    [{ sqlite: { journalMode: 1 } }, 'must be "wal" or "keep", got 1'],
    [{ intMode: 'float' }, '"number", "bigint" or "string", got "float"'],
    [{ lazy: 'true' }, 'must be true or false, got "true"'],
    [{ url: 5 }, 'The option "url" must be a string, got a number'],
    [{ authToken: 5 }, 'must be a string or a function that returns one, got a number'],
    [{ authToken: {} }, 'got an object'],
    [{ remoteEncryptionKey: '' }, 'is empty'],
    [{ migrations: { directory: 'a\0b' } }, 'NUL'],
    [{ migrations: { directory: 'm', run: 'later' } }, '"on-boot", "check" or "manual"'],
    [{ onConnectionCreate: 's3cret' }, 'must be a function, got a string of 6 characters'],
    [{ onConnectionCreate: '' }, 'got an empty string'],
    [{ onConnectionCreate: null }, 'must be a function, got null'],
  ])('of a wrong type or range are refused (%j)', (options, problem) => {
    expect(problemOf(options)).toContain(problem);
    expect(problemOf(options)).not.toContain('s3cret');
  });

  it.each([
    ['DATABASE_QUERY_TIMEOUT_MS', '10s', 'got "10s": write 10000'],
    ['DATABASE_QUERY_TIMEOUT_MS', '2 min', 'write 120000'],
    ['DATABASE_QUERY_TIMEOUT_MS', '500ms', 'write 500'],
    ['DATABASE_QUERY_TIMEOUT_MS', '1h', 'write 3600000'],
    ['DATABASE_QUERY_TIMEOUT_MS', '1e3', 'got "1e3"'],
    ['DATABASE_QUERY_TIMEOUT_MS', '0x10', 'got "0x10"'],
    ['DATABASE_QUERY_TIMEOUT_MS', '1_0', 'got "1_0"'],
    ['DATABASE_QUERY_TIMEOUT_MS', '-1', 'got "-1"'],
    ['DATABASE_QUERY_TIMEOUT_MS', ' ', 'got " "'],
    ['DATABASE_QUERY_TIMEOUT_MS', '', 'is empty: give it a value or unset it'],
    ['DATABASE_MAX_ATTEMPTS', '3x', 'got "3x"'],
    ['DATABASE_LAZY', 'yes', 'must be true or false, got "yes"'],
    ['DATABASE_LAZY', '', 'is empty'],
    ['DATABASE_INT_MODE', 'float', 'got "float"'],
    ['DATABASE_SQLITE_PRAGMAS', 'threads', 'must be an object of pragma names and values'],
    ['DATABASE_SQLITE_PRAGMAS', 'a=b=c', 'must be an object of pragma names and values'],
    ['DATABASE_SQLITE_PRAGMAS', 'journal_mode=delete', 'use "sqlite.journalMode"'],
    ['DATABASE_TLS_CA', '', 'is empty'],
    ['DATABASE_TLS_KEY', '/nowhere/key.pem', 'there is no such file'],
    ['DATABASE_MIGRATIONS_DIRECTORY', '', 'is empty'],
  ])('%s=%s is refused', (variable, value, problem) => {
    const message = envProblemOf(variable, value);
    expect(message).toContain(problem);
    expect(message.startsWith(`${variable} `)).toBe(true);
  });
});

describe('pragmas', () => {
  it('that no option owns are taken', () => {
    const pragmas = {
      temp_store: 'memory',
      wal_autocheckpoint: 500,
      secure_delete: true,
      analysis_limit: -1,
      encoding: 'UTF-8',
    };
    expect(resolveWith({ url, sqlite: { pragmas } }).sqlite.pragmas).toEqual(pragmas);
  });

  it.each([
    ['journal_mode', 'use "sqlite.journalMode"'],
    ['synchronous', 'use "sqlite.synchronous"'],
    ['cache_size', 'use "sqlite.cacheSizeKb"'],
    ['mmap_size', 'use "sqlite.mmapSizeMb"'],
    ['foreign_keys', 'foreign keys are always checked'],
    ['busy_timeout', '"queryTimeoutMs"'],
    ['query_only', 'read-only'],
    ['locking_mode', 'readers need the file'],
    ['key', 'does not encrypt'],
    ['tempstore', 'did you mean "temp_store"?'],
    ['xyzzyplugh', 'which cannot be set here'],
    ['temp_store; DROP', 'not made of a to z and _'],
    ['main.temp_store', 'not made of a to z and _'],
  ])('"%s" is refused', (name, problem) => {
    const message = problemOf({ sqlite: { pragmas: { [name]: 's3cret' } } });
    expect(message).toContain('The option "sqlite.pragmas" ');
    expect(message).toContain(problem);
    expect(message).not.toContain('s3cret');
  });

  it.each([null, undefined, NaN, {}, '', 's3cret; DROP', "'s3cret'"])(
    'with the value %j are refused',
    (setting) => {
      const message = problemOf({ sqlite: { pragmas: { temp_store: setting } } });
      expect(message).toContain('must set "temp_store" to a number, a boolean or a word');
      expect(message).not.toContain('s3cret');
    },
  );

  it.each([[[]], [null], ['a=b']])('must be an object, not %j', (pragmas) => {
    expect(problemOf({ sqlite: { pragmas } })).toContain('must be an object of pragma names and values');
  });
});
