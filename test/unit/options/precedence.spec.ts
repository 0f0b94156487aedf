import { describe, expect, it } from '@jest/globals';
import { createOptionsEnvironment } from '../../../lib/options/options-environment.js';
import { defaultOptions } from '../../../lib/options/default-options.js';
import { envOptions } from '../../../lib/options/env-options.js';
import { optionPaths } from '../../../lib/options/option-rules.js';
import { messageOf, resolveTurso, resolveWith, tokenOf } from './resolve-with.js';

const url = 'sqlite:a.db';

describe('resolved options', () => {
  it('hold the defaults where nothing is set', () => {
    const options = resolveWith({ url });
    const nested = options as unknown as Record<string, Record<string, unknown>>;
    for (const [path, value] of Object.entries(defaultOptions)) {
      const [first = '', second] = path.split('.');
      if (['tls', 'migrations', 'allowInsecure', 'fallback', 'replica'].includes(first)) continue;
      expect(second === undefined ? nested[first] : nested[first]?.[second]).toEqual(value);
    }
    expect(options.migrations).toBeUndefined();
    expect(options.onConnectionCreate).toBeUndefined();
    expect(resolveTurso({ url: 'libsql://h' }).tls).toEqual({ rejectUnauthorized: true });
  });

  it('take every option from its variable', () => {
    const options = resolveWith(
      {},
      {
        DATABASE_URL: url,
        DATABASE_INT_MODE: 'BigInt',
        DATABASE_LAZY: 'TRUE',
        DATABASE_CONNECT_TIMEOUT_MS: '1',
        DATABASE_QUERY_TIMEOUT_MS: '20_000',
        DATABASE_TRANSACTION_TIMEOUT_MS: 3,
        DATABASE_MIGRATION_TIMEOUT_MS: '4',
        DATABASE_BOOT_TIMEOUT_MS: '5',
        DATABASE_SHUTDOWN_TIMEOUT_MS: '2147483647',
        DATABASE_MAX_ATTEMPTS: '7',
        DATABASE_POOL_READERS: '8',
        DATABASE_POOL_MAX_STREAMS: '9',
        DATABASE_SQLITE_SYNCHRONOUS: 'normal',
        DATABASE_SQLITE_JOURNAL_MODE: 'keep',
        DATABASE_SQLITE_CACHE_SIZE_KB: '10',
        DATABASE_SQLITE_MMAP_SIZE_MB: '0',
        DATABASE_SQLITE_PRAGMAS: 'temp_store=memory, wal_autocheckpoint=500',
        DATABASE_MIGRATIONS_DIRECTORY: 'migrations',
        DATABASE_MIGRATIONS_RUN: 'check',
      },
    );
    expect(options).toMatchObject({
      intMode: 'bigint',
      lazy: true,
      connectTimeoutMs: 1,
      queryTimeoutMs: 20_000,
      transactionTimeoutMs: 3,
      migrationTimeoutMs: 4,
      bootTimeoutMs: 5,
      shutdownTimeoutMs: 2_147_483_647,
      maxAttempts: 7,
      pool: { readers: 8, maxStreams: 9 },
      sqlite: { synchronous: 'normal', journalMode: 'keep', cacheSizeKb: 10, mmapSizeMb: 0 },
      migrations: { directory: '/work/app/migrations', run: 'check' },
    });
    expect(options.sqlite.pragmas).toEqual({ temp_store: 'memory', wal_autocheckpoint: 500 });
  });

  it('prefer code to the environment, option by option', () => {
    const variables = {
      DATABASE_URL: 'sqlite:env.db',
      DATABASE_QUERY_TIMEOUT_MS: '1',
      DATABASE_MAX_ATTEMPTS: '2',
      DATABASE_MIGRATIONS_RUN: 'manual',
    };
    const options = resolveWith(
      { url, queryTimeoutMs: 5, maxAttempts: undefined, migrations: { directory: '/m' } },
      variables,
    );
    expect(options).toMatchObject({ target: { path: '/work/app/a.db' }, queryTimeoutMs: 5, maxAttempts: 2 });
    expect(options.migrations).toEqual({ directory: '/m', run: 'manual' });
  });

  it('never read a variable that code overrides', () => {
    expect(
      resolveWith({ url, queryTimeoutMs: 5 }, { DATABASE_QUERY_TIMEOUT_MS: 'nonsense' }).queryTimeoutMs,
    ).toBe(5);
  });

  it('prefer DATABASE_URL to TURSO_DATABASE_URL', () => {
    const variables = { DATABASE_URL: 'libsql://first', TURSO_DATABASE_URL: 'libsql://second' };
    expect(resolveTurso({}, variables).hostname).toBe('first');
    expect(resolveTurso({}, { ...variables, DATABASE_URL: undefined }).hostname).toBe('second');
    expect(resolveTurso({}, { ...variables, DATABASE_URL: null }).hostname).toBe('second');
    expect(messageOf(() => resolveWith({}, { ...variables, DATABASE_URL: '' }))).toContain(
      'DATABASE_URL is empty',
    );
  });

  it('take values that a reader has parsed', () => {
    const variables = {
      DATABASE_URL: url,
      DATABASE_LAZY: true,
      DATABASE_MAX_ATTEMPTS: 4,
      DATABASE_SQLITE_PRAGMAS: { threads: 2 },
    };
    expect(resolveWith({}, variables)).toMatchObject({
      lazy: true,
      maxAttempts: 4,
      sqlite: { pragmas: { threads: 2 } },
    });
    expect(messageOf(() => resolveWith({}, { DATABASE_URL: 5 }))).toBe(
      'DATABASE_URL must be a string, got a number',
    );
  });

  it('of a named connection come from prefixed variables alone', () => {
    const variables = {
      DATABASE_URL: 'libsql://default',
      TURSO_AUTH_TOKEN: 'default-token',
      REPORTS_TURSO_DATABASE_URL: 'libsql://reports',
      REPORTS_TURSO_AUTH_TOKEN: 'reports-token',
      REPORTS_DATABASE_MAX_ATTEMPTS: '9',
    };
    const { target, maxAttempts } = resolveWith({}, variables, 'reports');
    expect(target).toMatchObject({ hostname: 'reports' });
    expect(target.backend === 'turso' && tokenOf(target)).toBe('reports-token');
    expect(maxAttempts).toBe(9);
    expect(messageOf(() => resolveWith({ url: 'x:' }, {}, 'reports'))).toMatch(
      /^The option "url" of the connection "reports" has/,
    );
  });

  it('need a folder when migrations are to run', () => {
    expect(messageOf(() => resolveWith({ url, migrations: { run: 'check' } }))).toBe(
      'The option "migrations.run" does nothing without a folder: set "migrations.directory"',
    );
    expect(messageOf(() => resolveWith({ url }, { DATABASE_MIGRATIONS_RUN: 'check' }))).toMatch(
      /^DATABASE_MIGRATIONS_RUN does nothing/,
    );
  });

  it('keep the hook as it is', () => {
    const onConnectionCreate = (): void => undefined;
    expect(resolveWith({ url, onConnectionCreate }).onConnectionCreate).toBe(onConnectionCreate);
  });

  it('are frozen to the bottom, and do not freeze what the user gave', () => {
    const pragmas = { threads: 2 };
    const options = resolveWith({ url: 'sqlite:a.db', sqlite: { pragmas }, migrations: { directory: 'm' } });
    for (const part of [
      options,
      options.target,
      options.pool,
      options.sqlite,
      options.sqlite.pragmas,
      options.migrations,
      options.warnings,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(Object.isFrozen(pragmas)).toBe(false);
    expect(Object.isFrozen(resolveTurso({ url: 'libsql://t@h' }).tls)).toBe(true);
  });
});

describe('the variables', () => {
  it('have a row for every option that is not a function, once', () => {
    const named = envOptions
      .filter(({ variable }) => variable !== 'TURSO_DATABASE_URL')
      .map(({ option }) => option);
    expect(named).toEqual(optionPaths.filter((path) => path !== 'onConnectionCreate'));
  });

  it.each(envOptions.filter(({ variable }) => !variable.startsWith('TURSO_')))(
    '$variable is the path $option in upper snake case',
    (row) => {
      const snake = row.option
        .replaceAll('.', '_')
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .toUpperCase();
      expect(row.variable).toBe(`DATABASE_${snake}`);
    },
  );
});

describe('the environment of options', () => {
  it('is that of the process unless there is a reader', () => {
    process.env.NESTJS_TURSO_PROBE = 'here';
    const env = createOptionsEnvironment(undefined);
    expect(env).toMatchObject({ name: undefined, nodeEnv: process.env.NODE_ENV, cwd: process.cwd() });
    expect(env.read('NESTJS_TURSO_PROBE')).toBe('here');
    delete process.env.NESTJS_TURSO_PROBE;
  });

  it('asks the reader for NODE_ENV first, and the process when the reader knows none', () => {
    expect(createOptionsEnvironment('a', () => 'production')).toMatchObject({
      name: 'a',
      nodeEnv: 'production',
    });
    expect(createOptionsEnvironment('a', () => undefined).nodeEnv).toBe(process.env.NODE_ENV);
    expect(createOptionsEnvironment('a', () => 5).nodeEnv).toBeUndefined();
  });
});
