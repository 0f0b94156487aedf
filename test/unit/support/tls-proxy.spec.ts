import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { certificatePath, startTlsProxy } from '../../support/tls-proxy.js';

describe('startTlsProxy', () => {
  let server: SqldServer;
  beforeAll(async () => {
    server = await startSqld();
  });
  afterAll(() => server.stop());

  async function statusOf(url: string, options: RequestOptions): Promise<number | undefined> {
    const request = get(`${url}/health`, { agent: false, ...options });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  it('is trusted by who knows its authority, under each of its names', async () => {
    await using proxy = await startTlsProxy(server.url);
    expect(await statusOf(proxy.url, { ca: proxy.ca })).toBe(200);
    expect(await statusOf(proxy.url, { ca: proxy.ca, servername: 'db.internal.test' })).toBe(200);
  });

  it('is not trusted without the authority or under another name', async () => {
    await using proxy = await startTlsProxy(server.url);
    await expect(statusOf(proxy.url, {})).rejects.toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' });
    await expect(statusOf(proxy.url, { ca: proxy.ca, servername: 'evil.test' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  it('can show an expired certificate', async () => {
    await using proxy = await startTlsProxy(server.url, { certificate: 'expired' });
    await expect(statusOf(proxy.url, { ca: proxy.ca })).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  });

  it('can ask for a client certificate', async () => {
    await using proxy = await startTlsProxy(server.url, { requireClientCertificate: true });
    const [cert, key] = await Promise.all(
      ['client', 'client-key'].map((name) => readFile(certificatePath(name), 'utf8')),
    );
    expect(await statusOf(proxy.url, { ca: proxy.ca, cert, key })).toBe(200);
    await expect(statusOf(proxy.url, { ca: proxy.ca })).rejects.toThrow(/certificate required/);
  });
});
