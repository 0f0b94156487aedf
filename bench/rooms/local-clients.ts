import { createClient } from '@libsql/client';
import BetterSqlite3 from 'better-sqlite3';
import { drizzle as drizzleBetterSqlite3 } from 'drizzle-orm/better-sqlite3';
import { drizzle as drizzleLibsql } from 'drizzle-orm/libsql';
import { drizzle as drizzleConnection } from 'drizzle-orm/libsql/web';
import knex from 'knex';
import { Kysely, SqliteDialect } from 'kysely';
import { createConnection } from 'nestjs-turso';
import { LibsqlConnectionDialect } from 'nestjs-turso/kysely';
import { pathToFileURL } from 'node:url';
import { openTypeorm } from './open-typeorm.js';
import { useDrizzle } from './use-drizzle.js';
import { useKysely, type KyselyTables } from './use-kysely.js';
import { insertTask, newTask, newTaskArgs, selectHundred, selectTask, type Task } from './tasks.js';

/** The same work on one file, as somebody who chose this client writes it: asynchronous or not. */
export interface LocalClient {
  /** One row by its key. */
  read(id: number): unknown;
  /** The hundred rows behind a key. */
  page(after: number): unknown;
  /** One row more, on the disk when it returns. */
  insert(): unknown;
  close(): unknown;
}

/** How to open a client on a file that has the table. All are durable: WAL with `synchronous = FULL`. */
export interface LocalChoice {
  readonly name: string;
  open(path: string): Promise<LocalClient>;
}

const openBetterSqlite3 = (path: string, synchronous = 'FULL'): BetterSqlite3.Database => {
  const db = new BetterSqlite3(path);
  // better-sqlite3 is built with NORMAL for a file in WAL mode
  db.pragma(`synchronous = ${synchronous}`);
  return db;
};

const useBetterSqlite3 = (db: BetterSqlite3.Database): LocalClient => {
  const [one, hundred, insert] = [selectTask, selectHundred, insertTask].map((sql) => db.prepare(sql));
  return {
    read: (id) => one!.all(id),
    page: (after) => hundred!.all(after),
    insert: () => insert!.run(...newTaskArgs),
    close: () => db.close(),
  };
};

/** It is durable as it is. */
const openLibsql = (path: string) => createClient({ url: pathToFileURL(path).href });

const openOurs = async (path: string) => {
  const connection = createConnection({ url: pathToFileURL(path).href });
  await connection.open();
  return connection;
};

export const bare = 'better-sqlite3';
export const ours = 'nestjs-turso';

/** What inserts cost without the disk: nobody who commits each of them can be faster. */
export const notDurable: LocalChoice = {
  name: `${bare}, not durable`,
  open: async (path) => useBetterSqlite3(openBetterSqlite3(path, 'OFF')),
};

/** What one commit for all who wait costs without anything around it: nobody who lets them share can be faster. */
export const oneCommit: LocalChoice = {
  name: `${bare}, one commit for all`,
  open: async (path) => {
    const db = openBetterSqlite3(path);
    const insert = db.prepare(insertTask);
    let waiting: (() => void)[] = [];
    const commit = (): void => {
      const served = waiting;
      waiting = [];
      db.exec('BEGIN IMMEDIATE');
      for (let count = served.length; count > 0; count--) insert.run(...newTaskArgs);
      db.exec('COMMIT');
      for (const resolve of served) resolve();
    };
    return {
      ...useBetterSqlite3(db),
      insert: () =>
        new Promise<void>((resolve) => {
          if (waiting.push(resolve) === 1) setImmediate(commit);
        }),
    };
  },
};

export const localChoices: readonly LocalChoice[] = [
  {
    name: bare,
    open: async (path) => useBetterSqlite3(openBetterSqlite3(path)),
  },
  {
    name: ours,
    open: async (path) => {
      const connection = await openOurs(path);
      return {
        read: (id) => connection.execute(selectTask, [id]),
        page: (after) => connection.execute(selectHundred, [after]),
        insert: () => connection.execute(insertTask, newTaskArgs),
        close: () => connection.close(),
      };
    },
  },
  {
    name: '@libsql/client',
    open: async (path) => {
      const client = openLibsql(path);
      return {
        read: (id) => client.execute({ sql: selectTask, args: [id] }),
        page: (after) => client.execute({ sql: selectHundred, args: [after] }),
        insert: () => client.execute({ sql: insertTask, args: newTaskArgs }),
        close: () => client.close(),
      };
    },
  },
  {
    name: 'Drizzle, better-sqlite3',
    open: async (path) => {
      const db = openBetterSqlite3(path);
      return useDrizzle(drizzleBetterSqlite3(db), db);
    },
  },
  {
    name: 'Drizzle, @libsql/client',
    open: async (path) => {
      const client = openLibsql(path);
      return useDrizzle(drizzleLibsql(client), client);
    },
  },
  {
    name: 'Drizzle, nestjs-turso',
    open: async (path) => {
      const connection = await openOurs(path);
      return useDrizzle(drizzleConnection(connection), connection);
    },
  },
  {
    name: 'Kysely, better-sqlite3',
    open: async (path) => {
      const db = openBetterSqlite3(path);
      return useKysely(new Kysely<KyselyTables>({ dialect: new SqliteDialect({ database: db }) }), {
        close: () => undefined,
      });
    },
  },
  {
    name: 'Kysely, @libsql/client',
    open: async (path) => {
      const client = openLibsql(path);
      return useKysely(
        new Kysely<KyselyTables>({ dialect: new LibsqlConnectionDialect({ connection: client }) }),
        client,
      );
    },
  },
  {
    name: 'Kysely, nestjs-turso',
    open: async (path) => {
      const connection = await openOurs(path);
      const dialect = new LibsqlConnectionDialect({ connection });
      return useKysely(new Kysely<KyselyTables>({ dialect }), connection);
    },
  },
  { name: 'TypeORM, better-sqlite3', open: openTypeorm },
  {
    name: 'Knex, better-sqlite3',
    open: async (path) => {
      const db = knex({
        client: 'better-sqlite3',
        connection: { filename: path },
        useNullAsDefault: true,
        pool: {
          afterCreate: (connection: BetterSqlite3.Database, done: (error?: Error) => void) => {
            connection.pragma('synchronous = FULL');
            done();
          },
        },
      });
      return {
        read: (id) => db<Task>('tasks').where({ id }),
        page: (after) => db<Task>('tasks').where('id', '>', after).orderBy('id').limit(100),
        insert: () => db<Task>('tasks').insert(newTask),
        close: () => db.destroy(),
      };
    },
  },
];
