import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ModuleMetadata } from '@nestjs/common';
import { ConfigModule, registerAs, type ConfigModuleOptions } from '@nestjs/config';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DatabaseConnection,
  databaseEnvSchema,
  DatabaseModule,
  getConnectionToken,
  validateDatabaseEnv,
  type DatabaseModuleOptions,
} from '../../lib/index.js';
import { createTempDatabase } from '../support/temp-database.js';
import { createTempFolder } from '../support/temp-folder.js';
import { failureOfStart, startApp } from './support/app.js';
import { setEnvironment } from './support/environment.js';

// ConfigModule writes what it reads from a file into the environment of the process.
beforeEach(() => setEnvironment({ DATABASE_URL: undefined, TURSO_DATABASE_URL: undefined }));

async function createEnvFile(variables: Record<string, string>): Promise<string> {
  const path = join(await createTempFolder('env'), '.env');
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  await writeFile(path, lines.join('\n'));
  return path;
}

async function locationIn(imports: ModuleMetadata['imports'], name?: string): Promise<string> {
  const { app } = await startApp({ imports: imports ?? [] });
  return app.get<DatabaseConnection>(getConnectionToken(name)).status().location;
}

describe('the environment', () => {
  it('is read from the process without any ConfigModule in the app', async () => {
    const { path, url } = await createTempDatabase();
    setEnvironment({ DATABASE_URL: url });

    expect(await locationIn([DatabaseModule.forRoot()])).toBe(path);
  });

  it.each([
    ['before', true],
    ['behind', false],
  ])('is read through a .env file of a ConfigModule %s it', async (_where, first) => {
    const { path, url } = await createTempDatabase();
    const envFilePath = await createEnvFile({ DATABASE_URL: url });
    const config = ConfigModule.forRoot({ envFilePath });
    const database = DatabaseModule.forRoot();

    expect(await locationIn(first ? [config, database] : [database, config])).toBe(path);
  });

  it.each(
    [true, false].flatMap((isGlobal) =>
      [true, false].flatMap((first) => [true, false].map((late) => [isGlobal, first, late] as const)),
    ),
  )('is read through load (global %s, first %s, asynchronous %s)', async (isGlobal, first, late) => {
    const { path, url } = await createTempDatabase();
    const load = late
      ? () => new Promise<object>((resolve) => setTimeout(resolve, 30, { DATABASE_URL: url }))
      : () => ({ DATABASE_URL: url });
    const config = ConfigModule.forRoot({ isGlobal, ignoreEnvFile: true, load: [load] });
    const database = DatabaseModule.forRoot();

    expect(await locationIn(first ? [config, database] : [database, config])).toBe(path);
  });

  it('does not open another database when load fails', async () => {
    const opened: string[] = [];
    const load = () => new Promise<object>((_, reject) => setTimeout(reject, 10, new Error('no vault')));
    const failure = await failureOfStart({
      imports: [
        DatabaseModule.forRoot({ onConnectionCreate: () => void opened.push('opened') }),
        ConfigModule.forRoot({ ignoreEnvFile: true, load: [load] }),
      ],
    });

    expect(failure.message).toBe('no vault');
    expect(opened).toEqual([]);
  });

  it('is read as validate left it', async () => {
    const { path, url } = await createTempDatabase();
    const config = ConfigModule.forRoot({
      ignoreEnvFile: true,
      validate: (env) => ({
        ...env,
        DATABASE_URL: url,
        DATABASE_LAZY: true,
        DATABASE_QUERY_TIMEOUT_MS: 5_000,
      }),
    });
    const { app } = await startApp({ imports: [config, DatabaseModule.forRoot()] });

    expect(app.get(DatabaseConnection).status()).toMatchObject({ location: path, state: 'idle' });
  });

  it('is beaten by code, option by option', async () => {
    const { path, url } = await createTempDatabase();
    setEnvironment({ DATABASE_URL: 'libsql://unreachable.invalid', DATABASE_INT_MODE: 'bigint' });

    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url })] });

    const connection = app.get(DatabaseConnection);
    expect(connection.status().location).toBe(path);
    expect((await connection.execute('SELECT 1 AS one')).rows[0]).toEqual({ one: 1n });
  });

  it('has a prefix for a named connection, and none of its own is read for the default one', async () => {
    const [main, reports] = [await createTempDatabase(), await createTempDatabase()];
    const envFilePath = await createEnvFile({ DATABASE_URL: main.url, REPORTS_DATABASE_URL: reports.url });
    const imports = () => [
      ConfigModule.forRoot({ envFilePath }),
      DatabaseModule.forRoot(),
      DatabaseModule.forRoot({ name: 'reports' }),
    ];

    expect(await locationIn(imports())).toBe(main.path);
    expect(await locationIn(imports(), 'reports')).toBe(reports.path);
  });

  it('must name the database of a named connection', async () => {
    const failure = await failureOfStart({ imports: [DatabaseModule.forRoot({ name: 'reports' })] });

    expect(failure).toMatchObject({ kind: 'configuration' });
    expect(failure.message).toContain('REPORTS_DATABASE_URL');
  });

  it('must name a database in production', async () => {
    setEnvironment({ NODE_ENV: 'production' });

    const failure = await failureOfStart({ imports: [DatabaseModule.forRoot()] });

    expect(failure).toMatchObject({ kind: 'configuration' });
    expect(failure.message).toContain('DATABASE_URL');
  });
});

describe('a namespace of registerAs', () => {
  it('is the options of forRootAsync as it is', async () => {
    const { path, url } = await createTempDatabase();
    const envFilePath = await createEnvFile({ APP_DB: url });
    const database = registerAs('database', (): DatabaseModuleOptions => ({ url: process.env.APP_DB! }));
    const config = ConfigModule.forRoot({ envFilePath, load: [database] });

    expect(await locationIn([config, DatabaseModule.forRootAsync(database.asProvider())])).toBe(path);
  });

  it('may answer late, and takes a name beside it', async () => {
    const { path, url } = await createTempDatabase();
    const database = registerAs('database', () => Promise.resolve({ url }));
    const imports = [DatabaseModule.forRootAsync({ name: 'reports', ...database.asProvider() })];

    expect(await locationIn(imports, 'reports')).toBe(path);
  });
});

describe('checking the environment at boot', () => {
  const ways: [string, ConfigModuleOptions][] = [
    ['validate', { validate: validateDatabaseEnv }],
    ['validationSchema', { validationSchema: databaseEnvSchema }],
  ];

  it.each(ways)('accepts a right one by %s and lets other variables pass', async (_way, options) => {
    const { path, url } = await createTempDatabase();
    const envFilePath = await createEnvFile({ DATABASE_URL: url, APP_TITLE: 'Books' });

    expect(
      await locationIn([ConfigModule.forRoot({ ...options, envFilePath }), DatabaseModule.forRoot()]),
    ).toBe(path);
    expect(process.env.APP_TITLE).toBe('Books');
  });

  it.each(ways)('refuses a wrong one by %s before anything is opened', async (_way, options) => {
    const envFilePath = await createEnvFile({ DATABASE_URL: 'postgres://db', DATABASE_LAZY: 'perhaps' });
    const start = async () =>
      startApp({
        imports: [await ConfigModule.forRoot({ ...options, envFilePath }), DatabaseModule.forRoot()],
      });

    await expect(start()).rejects.toThrow(/DATABASE_URL[^]*DATABASE_LAZY/);
  });
});
