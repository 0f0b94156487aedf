import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findFreePort } from '../../../lib/testing/server/find-free-port.js';
import { openNamespaceFront, type NamespaceFront } from '../../../lib/testing/server/namespace-front.js';
import type { CopyOptions } from '../../../lib/transfer/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { readEverything } from './read-everything.js';
import { readSource } from './read-source.js';
import { createLongSource } from './sources.js';
import { createTestTarget } from './target.js';

/** What answers in the place of the administration: itself with a status, or by passing the request on. */
type OnRequest = (method: string | undefined, pass: () => Promise<void>) => Promise<number | void>;

/** Stands in front of the administration of a server. */
export interface AdminFront {
  readonly url: string;
  close(): void;
}

/** A server with many databases, its folder at hand, and for each test a name that is free. */
export class PlacementRoom {
  adminUrl = '';
  server!: SqldServer;
  front!: NamespaceFront;
  source = '';
  namespace = '';

  options(more: Partial<CopyOptions> = {}): CopyOptions {
    return {
      source: this.source,
      target: { url: this.front.url },
      viaFile: { dataFolder: this.server.dataDir, adminUrl: this.adminUrl, namespace: this.namespace },
      ...more,
    };
  }

  /** The same by way of somebody who stands in front of the administration. */
  through(admin: AdminFront, more: Partial<CopyOptions> = {}): CopyOptions {
    const { dataDir: dataFolder } = this.server;
    return this.options({ viaFile: { dataFolder, adminUrl: admin.url, namespace: this.namespace }, ...more });
  }

  ask(method: string, path: string): Promise<Response> {
    return fetch(this.adminUrl + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
  }

  create(): Promise<Response> {
    return this.ask('POST', `/v1/namespaces/${this.namespace}/create`);
  }

  remove(): Promise<Response> {
    return this.ask('DELETE', `/v1/namespaces/${this.namespace}`);
  }

  async exists(): Promise<boolean> {
    return (await this.ask('GET', `/v1/namespaces/${this.namespace}/config`)).status === 200;
  }

  /** Nothing but databases, and nothing of ours beside the source. */
  async expectNothingLeft(): Promise<void> {
    const names = await readdir(this.server.dataDir);
    expect(names.filter((name) => name.startsWith('nestjs-turso'))).toEqual([]);
    await expect(stat(`${this.source}.transfer`)).rejects.toMatchObject({ code: 'ENOENT' });
  }

  async expectCopied(): Promise<void> {
    const target = createTestTarget(this.front.url);
    const everything = await target.session((all) => readEverything(all));
    expect({ ...everything, encoding: ['UTF-8'] }).toEqual(await readSource(this.source));
    expect(await target.all(`SELECT name FROM sqlite_schema WHERE name LIKE 'nestjs%'`)).toEqual([]);
    await this.expectNothingLeft();
  }

  async startAdminFront(onRequest: OnRequest): Promise<AdminFront> {
    const admin = createServer((request, response) => {
      const pass = async (): Promise<void> => {
        const answer = await this.ask(request.method ?? '', request.url ?? '');
        response.writeHead(answer.status).end(await answer.text());
      };
      onRequest(request.method, pass).then(
        (status) => status && response.writeHead(status).end(),
        () => response.destroy(),
      );
    });
    await once(admin.listen(0, '127.0.0.1'), 'listening');
    return {
      url: `http://127.0.0.1:${(admin.address() as AddressInfo).port}`,
      close() {
        admin.closeAllConnections();
        admin.close();
      },
    };
  }
}

export function usePlacementRoom(): PlacementRoom {
  const room = new PlacementRoom();
  let count = 0;
  beforeAll(async () => {
    const port = await findFreePort();
    room.adminUrl = `http://127.0.0.1:${port}`;
    room.server = await startSqld({
      args: ['--enable-namespaces', '--admin-listen-addr', `127.0.0.1:${port}`],
    });
    await room.ask('POST', '/v1/namespaces/other/create');
  });
  afterAll(() => room.server.stop());
  beforeEach(async () => {
    room.namespace = `moved${++count}`;
    room.front = await openNamespaceFront(room.server.port, room.namespace);
    room.source = await createLongSource(600);
  });
  afterEach(() => room.front.close());
  return room;
}
