import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { openReplica, readFrom, untilState } from './replica-setup.js';

let server: SqldServer;
let proxy: Server;
let url: string;

/** Passes everything on, and takes the positions in the log out of the answers. */
function hidePositions(target: string): Server {
  return createServer((incoming, answer) => {
    const pass = async (found: IncomingMessage): Promise<void> => {
      const bytes = await buffer(found);
      const isJson = found.headers['content-type']?.includes('json') === true;
      const body = isJson ? withoutPositions(bytes.toString()) : bytes;
      answer.writeHead(found.statusCode ?? 500, {
        ...found.headers,
        'content-length': Buffer.byteLength(body),
      });
      answer.end(body);
    };
    const { method, headers } = incoming;
    const outgoing = request(`${target}${incoming.url}`, { method, headers }, (found) => void pass(found));
    incoming.pipe(outgoing);
  });
}

/** As text in one answer, as a number in another. */
const withoutPositions = (json: string): string =>
  json.replaceAll(/"replication_index":("?)\d+\1/g, '"replication_index":null');

beforeEach(async () => {
  server = await startSqld();
  proxy = hidePositions(server.url);
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const address = proxy.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(async () => {
  const closed = once(proxy.close(), 'close');
  proxy.closeAllConnections();
  await closed;
  await server.stop();
});

describe('a server that names no positions in its log', () => {
  it('has its reads answered by a replica that was synced after each own write', async () => {
    await using db = await openReplica(url, { syncIntervalMs: 60_000 });
    await db.execute('CREATE TABLE t (writer INTEGER PRIMARY KEY, n INTEGER)');
    await untilState(db, 'serving');
    let stale = 0;
    const write = async (writer: number): Promise<void> => {
      for (let n = 1; n <= 20; n++) {
        await db.execute('INSERT OR REPLACE INTO t VALUES (?, ?)', [writer, n]);
        const { rows } = await db.execute('SELECT n FROM t WHERE writer = ?', [writer]);
        if (rows[0]?.[0 as never] !== n) stale++;
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, writer) => write(writer)));
    const { localReads = 0, rebuilds } = db.status().replica ?? {};
    await db.withTransaction((tx) => tx.execute('DELETE FROM t'));
    const left = await readFrom(db, 'SELECT count(*) FROM t');

    expect({ stale, rebuilds }).toEqual({ stale: 0, rebuilds: 0 });
    expect(localReads).toBeGreaterThan(100);
    expect(left).toEqual({ value: 0, isLocal: true });
  });
});
