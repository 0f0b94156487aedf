import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Global, Injectable, Module, Post, type Type } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseConnection, DatabaseModule, getConnectionToken, InjectConnection } from '../../lib/index.js';
import { startSqld } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startApp } from './support/app.js';

const hooks = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] as const;

/** A provider that uses the database in every hook of a shutdown, and remembers how that went. */
function createHookedProvider(): Type<{ results: Record<string, string> }> {
  @Injectable()
  class Hooked {
    readonly results: Record<string, string> = {};
    constructor(private readonly db: DatabaseConnection) {}

    async onModuleDestroy() {
      await this.#use('onModuleDestroy');
    }
    async beforeApplicationShutdown() {
      await this.#use('beforeApplicationShutdown');
    }
    async onApplicationShutdown() {
      await this.#use('onApplicationShutdown');
    }

    async #use(hook: string): Promise<void> {
      await sleep(20);
      this.results[hook] = await this.db.execute('SELECT 1').then(
        () => 'answered',
        (error: Error) => error.message,
      );
    }
  }
  return Hooked;
}

const answered = Object.fromEntries(hooks.map((hook) => [hook, 'answered']));

describe('at shutdown', () => {
  it('every hook of a module of the app can still use the database', async () => {
    const [Root, Deep] = [createHookedProvider(), createHookedProvider()];
    @Module({ providers: [Deep] })
    class DeepModule {}
    @Module({ imports: [DeepModule] })
    class MiddleModule {}
    const { app } = await startApp({ imports: [MiddleModule, DatabaseModule.forRoot()], providers: [Root] });
    const found = [app.get(Root), app.get(Deep, { strict: false })];

    await app.close();

    expect(found.map(({ results }) => results)).toEqual([answered, answered]);
    expect(app.get(DatabaseConnection).closed).toBe(true);
  });

  it.each([
    ['before', true],
    ['behind', false],
  ])('the hooks of a global module imported %s the database can still use it', async (_where, first) => {
    const Hooked = createHookedProvider();
    @Global()
    @Module({ providers: [Hooked] })
    class GlobalModule {}
    const database = DatabaseModule.forRoot();
    const { app } = await startApp({ imports: first ? [GlobalModule, database] : [database, GlobalModule] });
    const found = app.get(Hooked, { strict: false });

    await app.close();

    expect(found.results).toEqual(answered);
  });

  it('a slow request is answered before the database is closed', async () => {
    @Controller()
    class SlowController {
      constructor(private readonly db: DatabaseConnection) {}

      @Post('slow')
      write() {
        return this.db.withTransaction(async () => {
          await this.db.execute('CREATE TABLE books (name TEXT)');
          await sleep(300);
          await this.db.execute("INSERT INTO books VALUES ('late')");
          return { closed: this.db.closed };
        });
      }
    }
    const { path, url } = await createTempDatabase();
    const { app, ask } = await startApp(
      { imports: [DatabaseModule.forRoot({ url })], controllers: [SlowController] },
      { listen: true },
    );
    const answer = ask('/slow', { method: 'POST' });
    await sleep(100);

    await app.close();

    expect(await answer).toMatchObject({ status: 201, body: { closed: false } });
    expect(existsSync(path)).toBe(true);
    expect(await stat(`${path}-wal`).catch(() => ({ size: 0 }))).toMatchObject({ size: 0 });
  });

  it('no new connection is taken once requests are over', async () => {
    @Controller()
    class PingController {
      @Get()
      ping() {
        return 'pong';
      }
    }
    const { app, ask } = await startApp(
      { imports: [DatabaseModule.forRoot()], controllers: [PingController] },
      { listen: true },
    );
    expect((await ask('/')).status).toBe(200);

    await app.close();

    await expect(ask('/')).rejects.toThrow();
  });

  it('work that comes later is refused with CLIENT_CLOSED', async () => {
    const { app } = await startApp({ imports: [DatabaseModule.forRoot()] });
    const connection = app.get(DatabaseConnection);

    await app.close();

    await expect(connection.execute('SELECT 1')).rejects.toMatchObject({
      code: 'CLIENT_CLOSED',
      kind: 'closed',
    });
    await expect(connection.withTransaction(() => 1)).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('every connection is closed', async () => {
    @Injectable()
    class Reports {
      constructor(@InjectConnection('reports') readonly db: DatabaseConnection) {}
    }
    const { app } = await startApp({
      imports: [
        DatabaseModule.forRoot({ url: ':memory:' }),
        DatabaseModule.forRoot({ name: 'reports', url: ':memory:' }),
        DatabaseModule.forRoot({ name: 'lazy', url: ':memory:', lazy: true }),
      ],
      providers: [Reports],
    });

    await app.close();

    const tokens = [undefined, 'reports', 'lazy'].map((name) => getConnectionToken(name));
    expect(tokens.map((token) => app.get(token).closed)).toEqual([true, true, true]);
  });

  it('a second close does nothing more', async () => {
    const { app, logs } = await startApp({ imports: [DatabaseModule.forRoot()] });

    await app.close();
    await app.close();

    expect(logs.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  describe.each(['sqlite', 'turso'])('on %s', (backend) => {
    const openTarget = async (): Promise<{ url: string } & AsyncDisposable> => {
      if (backend === 'turso') return startSqld();
      const { url } = await createTempDatabase();
      return { url, [Symbol.asyncDispose]: async () => undefined };
    };

    it('a transaction that nobody ends is rolled back after shutdownTimeoutMs', async () => {
      await using target = await openTarget();
      const first = await startApp({
        imports: [DatabaseModule.forRoot({ url: target.url, shutdownTimeoutMs: 200 })],
      });
      const connection = first.app.get(DatabaseConnection);
      await connection.execute('CREATE TABLE books (name TEXT)');
      const never = new Promise<void>(() => undefined);
      const work = connection.withTransaction(async (tx) => {
        await tx.execute("INSERT INTO books VALUES ('lost')");
        await never;
      });
      const outcome = work.catch((error: unknown) => error);
      await connection.ping();
      const start = performance.now();

      await first.app.close();

      expect(performance.now() - start).toBeLessThan(3_000);
      expect(await outcome).toMatchObject({ kind: 'closed' });
      const second = await startApp({ imports: [DatabaseModule.forRoot({ url: target.url })] });
      const { rows } = await second.app.get(DatabaseConnection).execute('SELECT count(*) AS n FROM books');
      expect(rows).toEqual([{ n: 0 }]);
    });

    it('work in flight is waited for', async () => {
      await using target = await openTarget();
      const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url: target.url })] });
      const connection = app.get(DatabaseConnection);
      const work = connection.withTransaction(async (tx) => {
        await tx.execute('CREATE TABLE books (name TEXT)');
        await sleep(200);
        await connection.execute("INSERT INTO books VALUES ('kept')");
        return 'committed';
      });
      await sleep(50);

      await app.close();

      expect(await work).toBe('committed');
    });
  });

  it('the write-ahead log is gone', async () => {
    const { path, url } = await createTempDatabase();
    const { app } = await startApp({ imports: [DatabaseModule.forRoot({ url })] });
    const connection = app.get(DatabaseConnection);
    await connection.execute('CREATE TABLE books (name TEXT)');
    for (let i = 0; i < 50; i++) await connection.execute('INSERT INTO books VALUES (?)', [`book ${i}`]);
    const sizeBefore = (await stat(`${path}-wal`)).size;

    await app.close();

    expect(sizeBefore).toBeGreaterThan(0);
    expect([existsSync(`${path}-wal`), existsSync(`${path}-shm`)]).toEqual([false, false]);
  });
});
