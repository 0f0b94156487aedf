import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { DatabaseModuleOptions } from '../../../lib/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { openRoom, type FaultRoom } from './fault-room.js';

/** One server for the facts around it, and for each of them a room of its own: an empty table, a fresh proxy, a fresh connection. */
export function useFaultRoom(options: DatabaseModuleOptions = {}): Omit<FaultRoom, 'close'> {
  let server: SqldServer;
  let room: FaultRoom;
  beforeAll(async () => {
    server = await startSqld();
  });
  beforeEach(async () => {
    room = await openRoom(server, options);
  });
  afterEach(() => room.close());
  afterAll(() => server.stop());
  return {
    get server() {
      return room.server;
    },
    get proxy() {
      return room.proxy;
    },
    get db() {
      return room.db;
    },
    names: () => room.names(),
  };
}
