import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import {
  createConnection,
  DatabaseConnection,
  DatabaseModule,
  getConnectionToken,
  InjectConnection,
  type DatabaseModuleAsyncOptions,
  type DatabaseModuleOptions,
  type DatabaseOptionsFactory,
} from '../../lib/index.js';
import { createTempDatabase } from '../support/temp-database.js';
import { failureOfStart, startApp } from './support/app.js';
import { setEnvironment } from './support/environment.js';

const locationOf = (connection: DatabaseConnection): string => connection.status().location;

describe('the default connection', () => {
  it('is injected by its class, in a module that imports nothing', async () => {
    @Injectable()
    class BooksRepository {
      constructor(@Inject(DatabaseConnection) readonly db: DatabaseConnection) {}
    }
    @Module({ providers: [BooksRepository] })
    class BooksModule {}
    const { path, url } = await createTempDatabase();

    const { app } = await startApp({ imports: [BooksModule, DatabaseModule.forRoot({ url })] });

    expect(locationOf(app.get(BooksRepository).db)).toBe(path);
  });

  it('is injected by the type of a constructor parameter alone', async () => {
    @Controller('sum')
    class SumController {
      constructor(private readonly db: DatabaseConnection) {}

      @Get()
      async read() {
        return (await this.db.execute('SELECT 1 + 1 AS sum')).rows;
      }
    }

    const { ask } = await startApp(
      { imports: [DatabaseModule.forRoot()], controllers: [SumController] },
      { listen: true },
    );

    expect((await ask('/sum')).body).toEqual([{ sum: 2 }]);
  });

  it('is injected by InjectConnection, into a constructor and into a property', async () => {
    @Injectable()
    class BooksRepository {
      @InjectConnection()
      readonly property!: DatabaseConnection;

      constructor(@InjectConnection() readonly parameter: DatabaseConnection) {}
    }

    const { app } = await startApp({ imports: [DatabaseModule.forRoot()], providers: [BooksRepository] });

    const { property, parameter } = app.get(BooksRepository);
    expect(property).toBe(parameter);
    expect(parameter).toBe(app.get(DatabaseConnection));
  });

  it('is open before the first hook of any other module, and usable in it', async () => {
    @Injectable()
    class Seeder {
      state: string | undefined;
      constructor(private readonly db: DatabaseConnection) {}

      async onModuleInit() {
        this.state = this.db.status().state;
        await this.db.execute('CREATE TABLE books (name TEXT)');
      }
    }

    const { app } = await startApp({ imports: [DatabaseModule.forRoot()], providers: [Seeder] });

    expect(app.get(Seeder).state).toBe('open');
  });

  it('is replaced by overrideProvider', async () => {
    const other = createConnection({ url: ':memory:' });

    const { app } = await startApp(
      { imports: [DatabaseModule.forRoot({ url: 'libsql://unreachable.invalid' })] },
      { prepare: (builder) => builder.overrideProvider(DatabaseConnection).useValue(other) },
    );

    expect(app.get(DatabaseConnection)).toBe(other);
    await app.close();
    expect(other.closed).toBe(true);
  });

  it('may be replaced by an object that cannot be closed', async () => {
    const fake = { execute: () => Promise.resolve({ rows: [] }) };

    const { app, logs } = await startApp(
      { imports: [DatabaseModule.forRoot()] },
      { prepare: (builder) => builder.overrideProvider(DatabaseConnection).useValue(fake) },
    );
    await app.close();

    expect(logs.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('named connections', () => {
  it('are injected by name, beside the default one', async () => {
    @Injectable()
    class Reports {
      constructor(
        readonly main: DatabaseConnection,
        @InjectConnection('reports') readonly reports: DatabaseConnection,
      ) {}
    }
    const [main, reports] = [await createTempDatabase(), await createTempDatabase()];

    const { app } = await startApp({
      imports: [
        DatabaseModule.forRoot({ url: main.url }),
        DatabaseModule.forRoot({ name: 'reports', url: reports.url }),
      ],
      providers: [Reports],
    });

    const injected = app.get(Reports);
    expect([locationOf(injected.main), locationOf(injected.reports)]).toEqual([main.path, reports.path]);
  });

  it('stand alone without a default one', async () => {
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot({ name: 'reports', url: ':memory:' })],
    });

    expect(app.get(getConnectionToken('reports'))).toBeInstanceOf(DatabaseConnection);
    expect(() => app.get(DatabaseConnection)).toThrow();
  });

  it('have a symbol that two copies of the package agree on', () => {
    expect(getConnectionToken('reports')).toBe(Symbol.for('nestjs-turso.connection.reports'));
    expect(getConnectionToken('reports')).not.toBe(getConnectionToken('Reports'));
    expect(getConnectionToken()).toBe(DatabaseConnection);
  });

  it.each(['', '  ', ' reports', '42', 'turso'])('are refused at once with the name "%s"', (name) => {
    const refusal = expect.objectContaining({
      name: 'ConfigurationError',
      kind: 'configuration',
    }) as unknown as Error;

    expect(() => DatabaseModule.forRoot({ name, url: ':memory:' })).toThrow(refusal);
    expect(() => DatabaseModule.forRootAsync({ name })).toThrow(refusal);
    expect(() => getConnectionToken(name)).toThrow(refusal);
    expect(() => InjectConnection(name)).toThrow(refusal);
  });

  it('are refused when one name stands twice', async () => {
    const failure = await failureOfStart({
      imports: [
        DatabaseModule.forRoot({ name: 'reports', url: ':memory:' }),
        DatabaseModule.forRoot({ name: 'reports', url: ':memory:' }),
      ],
    });

    expect(failure).toMatchObject({ kind: 'configuration' });
    expect(failure.message).toContain('There are two times the connection "reports"');
  });

  it('are refused when there are two default ones, wherever they are imported', async () => {
    @Module({ imports: [DatabaseModule.forRoot({ url: ':memory:' })] })
    class DeepModule {}

    const failure = await failureOfStart({
      imports: [DeepModule, DatabaseModule.forRoot({ url: ':memory:' })],
    });

    expect(failure.message).toContain('There are two times the default connection');
  });

  it('are refused when two would read one variable', async () => {
    const failure = await failureOfStart({
      imports: [
        DatabaseModule.forRoot({ name: 'audit-log', url: ':memory:' }),
        DatabaseModule.forRoot({ name: 'auditLog', url: ':memory:' }),
      ],
    });

    expect(failure).toMatchObject({ kind: 'configuration' });
    expect(failure.message).toMatch(/AUDIT_LOG_DATABASE_URL.*choose another name/);
  });

  it('open no database when their names collide', async () => {
    const opened: string[] = [];
    const root = (): DynamicModule =>
      DatabaseModule.forRoot({ url: ':memory:', onConnectionCreate: () => void opened.push('opened') });

    await failureOfStart({ imports: [root(), root()] });

    expect(opened).toEqual([]);
  });

  it('are known per app: two apps in one process may use the same name', async () => {
    const imports = () => [DatabaseModule.forRoot({ name: 'reports', url: ':memory:' })];

    const [first, second] = [await startApp({ imports: imports() }), await startApp({ imports: imports() })];

    const token = getConnectionToken('reports');
    expect(first.app.get(token)).not.toBe(second.app.get(token));
  });

  it('may share one dynamic module that several modules import', async () => {
    const shared = DatabaseModule.forRoot({ url: ':memory:' });
    @Module({ imports: [shared] })
    class FirstModule {}
    @Module({ imports: [shared] })
    class SecondModule {}

    const { app } = await startApp({ imports: [FirstModule, SecondModule] });

    expect(app.get(DatabaseConnection).status().state).toBe('open');
  });
});

describe('forRootAsync', () => {
  @Injectable()
  class Settings implements DatabaseOptionsFactory {
    readonly url: string = ':memory:';
    createDatabaseOptions(): Promise<DatabaseModuleOptions> {
      return Promise.resolve({ url: this.url, intMode: 'bigint' });
    }
  }
  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  const ways: [string, DatabaseModuleAsyncOptions][] = [
    ['a factory', { useFactory: () => ({ url: ':memory:', intMode: 'bigint' }) }],
    ['an asynchronous factory', { useFactory: async () => ({ url: ':memory:', intMode: 'bigint' }) }],
    [
      'a factory with what it injects',
      {
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: (settings: Settings) => settings.createDatabaseOptions(),
      },
    ],
    [
      'a factory with optional injections that are missing',
      {
        inject: [{ token: 'MISSING', optional: true }],
        useFactory: (missing: unknown) => ({
          url: ':memory:',
          intMode: missing === undefined ? 'bigint' : 'number',
        }),
      },
    ],
    [
      'a factory with extra providers',
      {
        extraProviders: [Settings],
        inject: [Settings],
        useFactory: (settings: Settings) => settings.createDatabaseOptions(),
      },
    ],
    ['a class', { useClass: Settings }],
    ['an existing provider', { imports: [SettingsModule], useExisting: Settings }],
    [
      'a promise of a module among the imports',
      { imports: [Promise.resolve({ module: SettingsModule })], useExisting: Settings },
    ],
  ];

  it.each(ways)('takes its options from %s', async (_way, options) => {
    const { app } = await startApp({ imports: [DatabaseModule.forRootAsync(options)] });

    const { rows } = await app.get(DatabaseConnection).execute('SELECT 1 AS one');
    expect(rows).toEqual([{ one: 1n }]);
  });

  it('takes everything from the environment without a factory', async () => {
    const { path, url } = await createTempDatabase();
    setEnvironment({ REPORTS_DATABASE_URL: url });

    const { app } = await startApp({ imports: [DatabaseModule.forRootAsync({ name: 'reports' })] });

    expect(locationOf(app.get(getConnectionToken('reports')))).toBe(path);
  });

  it('makes the options once', async () => {
    let calls = 0;
    await startApp({
      imports: [
        DatabaseModule.forRootAsync({ useFactory: () => ({ url: calls++ === 0 ? ':memory:' : 'wrong' }) }),
      ],
    });

    expect(calls).toBe(1);
  });

  it.each([
    [{ useFactory: () => ({}), useClass: Settings }, /useFactory and useClass, not both/],
    [{ url: ':memory:' }, /does not know "url".*forRoot\(\)/],
    [{ usefactory: () => ({}) }, /does not know "usefactory"/],
  ])('refuses %p', (options, message) => {
    expect(() => DatabaseModule.forRootAsync(options as DatabaseModuleAsyncOptions)).toThrow(message);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'libsql://host'],
    ['a list', []],
    ['a misspelt option', { urll: ':memory:' }],
    ['a name', { name: 'reports', url: ':memory:' }],
  ])('fails the boot when the factory returns %s', async (_what, result) => {
    const useFactory = () => result as DatabaseModuleOptions;

    const failure = await failureOfStart({ imports: [DatabaseModule.forRootAsync({ useFactory })] });

    expect(failure).toMatchObject({ name: 'ConfigurationError', kind: 'configuration' });
  });

  it('fails the boot with what the factory throws', async () => {
    const useFactory = (): DatabaseModuleOptions => {
      throw new Error('no settings');
    };

    const failure = await failureOfStart({ imports: [DatabaseModule.forRootAsync({ useFactory })] });

    expect(failure.message).toBe('no settings');
  });

  it('fails the boot when useExisting has no such method', async () => {
    const failure = await failureOfStart({
      imports: [
        DatabaseModule.forRootAsync({
          extraProviders: [{ provide: 'SETTINGS', useValue: {} }],
          useExisting: 'SETTINGS',
        }),
      ],
    });

    expect(failure).toMatchObject({ kind: 'configuration' });
    expect(failure.message).toContain('createDatabaseOptions');
  });
});

describe('the options', () => {
  it('are no provider: nobody can read the token out of the container', async () => {
    const { app } = await startApp({
      imports: [DiscoveryModule, DatabaseModule.forRoot({ url: ':memory:', intMode: 'bigint' })],
    });

    const instances = app
      .get(DiscoveryService)
      .getProviders()
      .map(({ instance }) => instance as unknown);
    expect(instances.filter((instance) => (instance as DatabaseModuleOptions | null)?.intMode)).toEqual([]);
  });
});
