import { createClient, type Client } from '@libsql/client';
import { connect } from '@tursodatabase/serverless';
import { createConnection, type DatabaseConnection } from 'nestjs-turso';
import { openBareHttp } from './bare-http.js';
import { insertTask, newTaskArgs, selectTask } from './tasks.js';

/** The same work over a network. */
export interface RemoteClient {
  /** One row by its key. */
  read(id: number): Promise<unknown>;
  /** One row more. */
  insert(): Promise<unknown>;
  /** Ten rows more, all or none, in one call. */
  batch(): Promise<unknown>;
  /** Reads a row, changes it, and inserts another one: a transaction of three statements, one after the other. */
  transaction(): Promise<unknown>;
  /** How many rows there are. */
  count(): Promise<number>;
  close(): unknown;
}

/** How many rows each piece of work adds. */
export const growth = { read: 0, insert: 1, batch: 10, transaction: 1 } as const;

const countTasks = 'SELECT count(*) AS count FROM tasks';
const updateTask = 'UPDATE tasks SET done = 1 - done WHERE id = 43';
const tenInserts = Array.from({ length: growth.batch }, () => ({ sql: insertTask, args: newTaskArgs }));

export const remoteNames = {
  bare: 'one HTTP request',
  ours: 'nestjs-turso',
  http: '@libsql/client, HTTP',
  ws: '@libsql/client, WebSocket',
  serverless: '@tursodatabase/serverless',
} as const;

export function useOurs(connection: DatabaseConnection): RemoteClient {
  return {
    read: (id) => connection.execute(selectTask, [id]),
    insert: () => connection.execute(insertTask, newTaskArgs),
    batch: () => connection.batch(tenInserts, 'write'),
    transaction: () =>
      connection.withTransaction(async () => {
        await connection.execute(selectTask, [43]);
        await connection.execute(updateTask);
        await connection.execute(insertTask, newTaskArgs);
      }),
    count: async () => Number((await connection.execute(countTasks)).rows[0]?.[0]),
    close: () => connection.close(),
  };
}

export function useLibsql(client: Client): RemoteClient {
  return {
    read: (id) => client.execute({ sql: selectTask, args: [id] }),
    insert: () => client.execute({ sql: insertTask, args: newTaskArgs }),
    batch: () => client.batch(tenInserts, 'write'),
    transaction: async () => {
      const transaction = await client.transaction('write');
      try {
        await transaction.execute({ sql: selectTask, args: [43] });
        await transaction.execute(updateTask);
        await transaction.execute({ sql: insertTask, args: newTaskArgs });
        await transaction.commit();
      } finally {
        transaction.close();
      }
    },
    count: async () => Number((await client.execute(countTasks)).rows[0]?.[0]),
    close: () => client.close(),
  };
}

export function openOurs(url: string): RemoteClient {
  return useOurs(createConnection({ url }));
}

/** The same server over a WebSocket. */
export function toWebSocket(url: string): string {
  return url.replace('http:', 'ws:');
}

export function openLibsql(url: string): RemoteClient {
  // its default lets twenty calls run at a time; the crowds of the bench wait either way
  return useLibsql(createClient({ url }));
}

/** Whatever is asked of it, it sends the one request of a read: what a round trip costs. */
export function openBare(url: string): RemoteClient {
  const client = openBareHttp(url);
  const read = (): Promise<unknown> => client.read(42);
  return { ...client, insert: read, batch: read, transaction: read, count: async () => 0 };
}

/** Statements that run side by side: each takes a connection, and the server refuses more than 128 at a time. */
const serverlessConnections = 64;

/**
 * Callers share connections, each of which runs one statement at a time. They are opened for one piece of work: their streams expire
 * while others have their turn.
 */
export async function withServerless<T>(
  url: string,
  work: (read: (caller: number, id: number) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const connections = Array.from({ length: serverlessConnections }, () => connect({ url }));
  try {
    return await work((caller, id) => connections[caller % serverlessConnections]!.all(selectTask, [id]));
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
}
