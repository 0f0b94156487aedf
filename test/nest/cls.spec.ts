import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable } from '@nestjs/common';
import type { TransactionHost as Host } from '@nestjs-cls/transactional';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DatabaseTransactionalAdapter,
  type DatabaseTransactionalAdapterConfig,
  type TransactionalDatabase,
} from '../../lib/cls/index.js';
import { DatabaseConnection, DatabaseModule, InjectConnection } from '../../lib/index.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempDatabase } from '../support/temp-database.js';
import { startApp, type LogCollector } from './support/app.js';
import { cls, transactional } from './support/cls.js';

const { ClsModule } = cls;
const {
  ClsPluginTransactional,
  InjectTransaction,
  InjectTransactionHost,
  Propagation,
  Transactional,
  TransactionAlreadyActiveError,
  TransactionHost,
  TransactionNotActiveError,
} = transactional;

type Adapter = DatabaseTransactionalAdapter;
type Work<T> = () => Promise<T>;

/** Two repositories of one table: one injects the connection, the other one the host. */
@Injectable()
class Books {
  constructor(@Inject(DatabaseConnection) readonly db: DatabaseConnection) {}

  add(name: string) {
    return this.db.execute('INSERT INTO books VALUES (?)', [name]);
  }

  names() {
    return namesIn(this.db);
  }
}

@Injectable()
class HostBooks {
  constructor(@Inject(TransactionHost) readonly host: Host<Adapter>) {}

  add(name: string) {
    return this.host.tx.execute('INSERT INTO books VALUES (?)', [name]);
  }

  names() {
    return namesIn(this.host.tx);
  }
}

/** A decorated method for each way to run. */
@Injectable()
class Scopes {
  @Transactional()
  required<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.RequiresNew)
  requiresNew<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional<Adapter>(Propagation.RequiresNew, { mode: 'read' })
  requiresNewRead<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.Nested)
  nested<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.NotSupported)
  notSupported<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.Never)
  never<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.Mandatory)
  mandatory<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional(Propagation.Supports)
  supports<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional<Adapter>({ mode: 'read' })
  read<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional<Adapter>({ mode: 'write' })
  write<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional<Adapter>({ timeoutMs: 100 })
  brief<T>(work: Work<T>): Promise<T> {
    return work();
  }

  @Transactional<Adapter>({ mode: 'deferred', timeoutMs: 5_000 })
  deferred<T>(work: Work<T>): Promise<T> {
    return work();
  }
}

/** A call that belongs to a transaction that is over. */
const refused = { status: 'rejected', reason: { code: 'TRANSACTION_CLOSED' } };

let server: SqldServer;

beforeAll(async () => {
  server = await startSqld();
});

afterAll(() => server[Symbol.asyncDispose]());

describe.each([
  ['a SQLite file', async () => (await createTempDatabase()).url],
  ['a libSQL server', () => Promise.resolve(server.url)],
])('@Transactional() on %s', (_, createUrl) => {
  let scopes: Scopes;
  let books: Books;
  let hostBooks: HostBooks;
  let logs: LogCollector;

  const start = async (config?: DatabaseTransactionalAdapterConfig): Promise<void> => {
    const plugin = new ClsPluginTransactional({ adapter: new DatabaseTransactionalAdapter(config) });
    const started = await startApp({
      imports: [DatabaseModule.forRoot({ url: await createUrl() }), ClsModule.forRoot({ plugins: [plugin] })],
      providers: [Scopes, Books, HostBooks],
    });
    scopes = started.app.get(Scopes);
    books = started.app.get(Books);
    hostBooks = started.app.get(HostBooks);
    logs = started.logs;
    await books.db.executeMultiple('DROP TABLE IF EXISTS books; CREATE TABLE books (name TEXT UNIQUE)');
  };

  beforeEach(() => start());

  const fail = async (name: string): Promise<never> => {
    await books.add(name);
    throw new Error(`undo ${name}`);
  };

  it('commits what its services wrote, whichever way they reach the database', async () => {
    const answer = await scopes.required(async () => {
      await books.add('a');
      await hostBooks.add('b');
      return [
        await books.names(),
        await hostBooks.names(),
        await books.db.outsideTransaction(books.names.bind(books)),
      ];
    });

    expect(answer).toEqual([['a', 'b'], ['a', 'b'], []]);
    expect(await hostBooks.names()).toEqual(['a', 'b']);
  });

  it('rolls all of it back when the method throws, and passes the error on as it is', async () => {
    const error = new Error('no');
    const call = scopes.required(async () => {
      await books.add('a');
      await hostBooks.add('b');
      throw error;
    });

    await expect(call).rejects.toBe(error);
    expect(await books.names()).toEqual([]);
  });

  it('keeps kind, code and outcome of a database error', async () => {
    await books.add('a');
    const call = scopes.required(async () => {
      await hostBooks.add('b');
      await hostBooks.add('a');
    });

    await expect(call).rejects.toMatchObject({
      kind: 'constraint',
      extendedCode: 'SQLITE_CONSTRAINT_UNIQUE',
      constraint: 'unique',
      outcome: 'not-applied',
    });
    expect(await books.names()).toEqual(['a']);
  });

  it('is a transaction of its own for each of several calls at once', async () => {
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) =>
        scopes.required(async () => {
          await hostBooks.add(name);
          if (name === 'b') throw new Error('undo b');
          await books.add(`${name}2`);
        }),
      ),
    );

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await books.names()).toSorted()).toEqual(['a', 'a2', 'c', 'c2', 'd', 'd2']);
  });

  it('is what TransactionHost.withTransaction runs without a decorator', async () => {
    const call = hostBooks.host.withTransaction({ timeoutMs: 5_000 }, () => fail('a'));

    await expect(call).rejects.toThrow('undo a');
    expect(await books.names()).toEqual([]);
  });

  describe('Required', () => {
    it('joins: what it wrote stands or falls with the whole', async () => {
      await scopes.required(() => scopes.required(() => fail('a')).catch(() => undefined));
      const call = scopes.required(async () => {
        await scopes.required(() => books.add('b'));
        throw new Error('undo all');
      });

      await expect(call).rejects.toThrow('undo all');
      expect(await books.names()).toEqual(['a']);
    });

    it('joins from several calls at once', async () => {
      await scopes.required(() =>
        Promise.all(['a', 'b', 'c'].map((name) => scopes.required(() => hostBooks.add(name)))),
      );

      expect((await books.names()).toSorted()).toEqual(['a', 'b', 'c']);
    });

    it('is undone as a whole when one of several calls at once fails', async () => {
      const call = scopes.required(() =>
        Promise.all([scopes.required(() => hostBooks.add('a')), scopes.required(() => fail('b'))]),
      );

      await expect(call).rejects.toThrow('undo b');
      expect(await books.names()).toEqual([]);
    });
  });

  describe('Nested', () => {
    it('is a savepoint: undone alone, and undone with the whole', async () => {
      const call = scopes.required(async () => {
        await books.add('a');
        await scopes.nested(() => fail('b')).catch(() => undefined);
        await scopes.nested(() => hostBooks.add('c'));
        throw new Error(`saw ${String(await hostBooks.names())}`);
      });

      await expect(call).rejects.toThrow('saw a,c');
      expect(await books.names()).toEqual([]);
    });

    it('keeps exactly the succeeding one of two at once', async () => {
      await scopes.required(() =>
        Promise.allSettled([scopes.nested(() => fail('a')), scopes.nested(() => hostBooks.add('b'))]),
      );

      expect(await books.names()).toEqual(['b']);
    });

    it('begins a transaction where there is none', async () => {
      await expect(scopes.nested(() => fail('a'))).rejects.toThrow('undo a');
      expect(await books.names()).toEqual([]);
    });
  });

  describe('RequiresNew', () => {
    it('begins a transaction where there is none', async () => {
      await expect(scopes.requiresNew(() => fail('a'))).rejects.toThrow('undo a');
      expect(await books.names()).toEqual([]);
    });

    it('is refused at once inside a transaction, which goes on', async () => {
      let failure: unknown;
      await scopes.required(async () => {
        failure = await scopes.requiresNew(() => books.add('a')).catch((error: unknown) => error);
        await hostBooks.add('b');
      });

      expect(failure).toMatchObject({ code: 'TRANSACTION_PROPAGATION', outcome: 'not-applied' });
      expect(await books.names()).toEqual(['b']);
    });

    it('is granted when it only reads, and sees what is committed', async () => {
      const seen = await scopes.required(async () => {
        await books.add('a');
        return scopes.requiresNewRead(async () => [await books.names(), await hostBooks.names()]);
      });

      expect(seen).toEqual([[], []]);
      expect(await books.names()).toEqual(['a']);
    });
  });

  describe('NotSupported', () => {
    it('leaves the transaction for TransactionHost; an injected connection stays in it', async () => {
      const seen = await scopes.required(async () => {
        await books.add('a');
        const inside = await scopes.notSupported(async () => [await hostBooks.names(), await books.names()]);
        await hostBooks.add('b');
        return inside;
      });

      expect(seen).toEqual([[], ['a']]);
      expect(await books.names()).toEqual(['a', 'b']);
    });

    it('cannot write beside the transaction: its deadline ends the wait', async () => {
      let failure: unknown;
      await scopes.required(async () => {
        await books.add('a');
        failure = await scopes
          .notSupported(() => hostBooks.host.tx.execute({ sql: 'DELETE FROM books', timeoutMs: 100 }))
          .catch((error: unknown) => error);
      });

      expect(failure).toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
      expect(await books.names()).toEqual(['a']);
    });

    it('commits every statement by itself where there is no transaction', async () => {
      await expect(scopes.notSupported(() => fail('a'))).rejects.toThrow('undo a');
      expect(await hostBooks.names()).toEqual(['a']);
    });
  });

  it('Never is refused inside a transaction, and runs without one', async () => {
    const call = scopes.required(async () => scopes.never(() => books.add('a')));

    await expect(call).rejects.toBeInstanceOf(TransactionAlreadyActiveError);
    await expect(scopes.never(() => fail('b'))).rejects.toThrow('undo b');
    expect(await books.names()).toEqual(['b']);
  });

  it('Mandatory joins a transaction, and is refused without one', async () => {
    const call = scopes.required(async () => {
      await scopes.mandatory(() => hostBooks.add('a'));
      throw new Error('undo all');
    });

    await expect(call).rejects.toThrow('undo all');
    expect(() => scopes.mandatory(() => books.add('b'))).toThrow(TransactionNotActiveError);
    expect(await books.names()).toEqual([]);
  });

  it('Supports joins a transaction, and runs without one', async () => {
    await expect(scopes.required(() => scopes.supports(() => fail('a')))).rejects.toThrow('undo a');
    await expect(scopes.supports(() => fail('b'))).rejects.toThrow('undo b');

    expect(await hostBooks.names()).toEqual(['b']);
  });

  describe('its options', () => {
    it('are those of withTransaction: mode read refuses a write', async () => {
      const call = scopes.read(() => hostBooks.add('a'));

      await expect(call).rejects.toMatchObject({ kind: 'read-only' });
    });

    it('end the method at its deadline, and nothing that it still calls is kept', async () => {
      let late: Promise<unknown> | undefined;
      const call = scopes.brief(async () => {
        await hostBooks.add('a');
        late = sleep(300).then(() => Promise.allSettled([books.add('b'), hostBooks.add('c')]));
        await late;
      });

      await expect(call).rejects.toMatchObject({ kind: 'timeout', outcome: 'not-applied' });
      expect(await late).toMatchObject([refused, refused]);
      expect(await books.names()).toEqual([]);
    });

    it('are by default those of the adapter, and joining one says nothing of ignored options', async () => {
      await start({ defaultTxOptions: { mode: 'read' } });

      await expect(scopes.required(() => books.add('a'))).rejects.toMatchObject({ kind: 'read-only' });
      await scopes.write(() => scopes.required(() => books.add('b')));
      expect(await books.names()).toEqual(['b']);
      expect(logs.of('warn', 'TransactionHost')).toEqual([]);
    });
  });

  it('runs the method again, with a transaction of its own, when the first one was lost', async () => {
    const handles: TransactionalDatabase[] = [];
    await scopes.deferred(async () => {
      handles.push(hostBooks.host.tx);
      await hostBooks.names();
      if (handles.length === 1) await books.db.outsideTransaction(() => books.add('other'));
      await hostBooks.add('a');
    });

    expect(await books.names()).toEqual(['other', 'a']);
    expect(new Set(handles).size).toBe(2);
  });

  it('does not let a forgotten call write after its end', async () => {
    let forgotten: Promise<unknown> | undefined;
    await scopes.required(async () => {
      await books.add('a');
      forgotten = sleep(50).then(() => Promise.allSettled([books.add('b'), hostBooks.add('c')]));
    });

    expect(await forgotten).toMatchObject([refused, refused]);
    expect(await books.names()).toEqual(['a']);
  });

  it('lets outsideTransaction begin another one for what outlives it', async () => {
    let later: Promise<unknown> | undefined;
    await scopes.required(async () => {
      await books.add('a');
      later = books.db.outsideTransaction(() =>
        sleep(50).then(() =>
          Promise.allSettled([scopes.required(() => hostBooks.add('b')), scopes.required(() => fail('c'))]),
        ),
      );
    });
    await later;

    expect(await books.names()).toEqual(['a', 'b']);
  });

  it('runs afterCommit callbacks after its commit, where a decorated method begins its own', async () => {
    const seen: unknown[] = [];
    const afterCommit = (work: () => unknown) =>
      books.db.withTransaction(async (tx) => tx.afterCommit(work), { propagation: 'mandatory' });
    await scopes.required(async () => {
      await scopes.required(() => afterCommit(async () => seen.push(await hostBooks.names())));
      await scopes.nested(() => afterCommit(() => scopes.required(() => fail('b')).catch(() => undefined)));
      await hostBooks.add('a');
      expect(seen).toEqual([]);
    });

    expect(seen).toEqual([['a']]);
    expect(await books.names()).toEqual(['a']);
  });

  it('refuses the host of the outer transaction in a withTransaction inside of it', async () => {
    const call = scopes.required(() => books.db.withTransaction(() => hostBooks.add('a')));

    await expect(call).rejects.toMatchObject({ code: 'TRANSACTION_NESTED' });
  });

  it('is a savepoint inside withTransaction of the connection', async () => {
    await books.db.withTransaction(async () => {
      await scopes.required(() => fail('a')).catch(() => undefined);
      await scopes.required(() => hostBooks.add('b'));
    });

    expect(await books.names()).toEqual(['b']);
  });
});

describe('@Transactional() on a named connection', () => {
  @Injectable()
  class Reports {
    constructor(
      @InjectConnection('reports') readonly reports: DatabaseConnection,
      @Inject(DatabaseConnection) readonly main: DatabaseConnection,
      @InjectTransactionHost('reports') readonly host: Host<Adapter>,
    ) {}

    @Transactional('reports')
    async add(name: string, error?: Error): Promise<void> {
      await this.reports.execute('INSERT INTO books VALUES (?)', [name]);
      await this.host.tx.execute('INSERT INTO books VALUES (?)', [`${name}2`]);
      await this.main.execute('INSERT INTO books VALUES (?)', [name]);
      if (error) throw error;
    }
  }

  it('spans that connection, and no other one', async () => {
    const createPlugin = (name?: string) =>
      new ClsPluginTransactional({
        ...(name && { connectionName: name }),
        adapter: new DatabaseTransactionalAdapter({ ...(name && { name }) }),
      });
    const { app } = await startApp({
      imports: [
        DatabaseModule.forRoot({ url: (await createTempDatabase()).url }),
        DatabaseModule.forRoot({ name: 'reports', url: (await createTempDatabase()).url }),
        ClsModule.forRoot({ plugins: [createPlugin(), createPlugin('reports')] }),
      ],
      providers: [Reports],
    });
    const service = app.get(Reports);
    for (const db of [service.main, service.reports]) await db.execute('CREATE TABLE books (name TEXT)');

    await service.add('a');
    await expect(service.add('b', new Error('undo'))).rejects.toThrow('undo');

    expect(await namesIn(service.reports)).toEqual(['a', 'a2']);
    expect(await namesIn(service.main)).toEqual(['a', 'b']);
  });
});

describe('InjectTransaction', () => {
  @Injectable()
  class ProxiedBooks {
    constructor(
      @InjectTransaction() readonly tx: TransactionalDatabase,
      @Inject(DatabaseConnection) readonly db: DatabaseConnection,
    ) {}

    @Transactional()
    async add(name: string): Promise<unknown> {
      await this.tx.execute('INSERT INTO books VALUES (?)', [name]);
      if (name === 'refused') throw new Error('undo');
      return this.db.outsideTransaction(() => namesIn(this.db));
    }
  }

  it('gives the open transaction, else the connection', async () => {
    const plugin = new ClsPluginTransactional({
      adapter: new DatabaseTransactionalAdapter(),
      enableTransactionProxy: true,
    });
    const { app } = await startApp({
      imports: [DatabaseModule.forRoot(), ClsModule.forRoot({ plugins: [plugin] })],
      providers: [ProxiedBooks],
    });
    const books = app.get(ProxiedBooks);
    await books.tx.execute('CREATE TABLE books (name TEXT)');

    expect(await books.add('a')).toEqual([]);
    await expect(books.add('refused')).rejects.toThrow('undo');
    expect(await namesIn(books.tx)).toEqual(['a']);
  });
});

async function namesIn(db: TransactionalDatabase): Promise<string[]> {
  const { rows } = await db.execute<{ name: string }>('SELECT name FROM books ORDER BY rowid');
  return rows.map(({ name }) => name);
}
