import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTestTarget, type TestTarget } from './target.js';

/** What the tests of a transfer work with. */
export interface TransferRoom {
  server: SqldServer;
  /** In front of the server, without faults at the beginning of each test. */
  proxy: FaultProxy;
  /** The server, empty at the beginning of each test. */
  target: TestTarget;
}

/** Gives the tests of a file one server. */
export function useTransferRoom(): TransferRoom {
  const room = {} as TransferRoom;

  beforeAll(async () => {
    room.server = await startSqld();
    room.proxy = await startFaultProxy(room.server.url);
    room.target = createTestTarget(room.server.url);
  });

  afterAll(async () => {
    await room.proxy.close();
    await room.server.stop();
  });

  beforeEach(async () => {
    room.proxy.clear();
    await room.target.empty();
  });

  return room;
}
