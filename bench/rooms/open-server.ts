import { createConnection, type DatabaseConnection } from 'nestjs-turso';
import { startLibsqlServer } from 'nestjs-turso/testing';
import type { Room } from '../frame/room.js';
import { startProcess } from '../frame/start-process.js';
import { createTasks, fillTasks } from './tasks.js';

/** A libSQL server with the table, near and far. */
export interface RemoteServer {
  /** For what the bench itself asks; it takes no part. */
  readonly connection: DatabaseConnection;
  /** Its address over a network with this round trip in milliseconds; 0 is the server itself. */
  urlAt(roundTripMs: number): string;
}

/** Starts a server, and a network of each of these lengths in front of it. */
export async function openServer(room: Room, roundTrips: readonly number[] = []): Promise<RemoteServer> {
  const server = await startLibsqlServer({ binary: process.env['SQLD_BINARY'] });
  room.defer(() => server.stop());
  const connection = room.use(createConnection({ url: server.url }));
  await connection.migrate([createTasks, fillTasks]);
  const delays = roundTrips.filter((delay) => delay > 0);
  const ports: Record<number, number> = { 0: server.port };
  if (delays.length > 0) {
    const proxy = startProcess('rooms/latency-proxy.process.ts', [server.port, ...delays].map(String));
    room.defer(() => proxy.stop());
    Object.assign(ports, await proxy.nextLine());
  }
  return {
    connection,
    urlAt: (roundTripMs) => `http://127.0.0.1:${ports[roundTripMs]}`,
  };
}
