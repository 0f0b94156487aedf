import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import {
  createConnection,
  type DatabaseConnection,
  type DatabaseModuleOptions,
  type TlsOptions,
} from '../../lib/index.js';
import { createResolvedConnection } from '../../lib/database/create-connection.js';
import { createOptionsEnvironment } from '../../lib/options/options-environment.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf, readValue } from '../contract/facts.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { certificatePath, startTlsProxy, type TlsProxy } from '../support/tls-proxy.js';

describe('a connection over TLS', () => {
  let server: SqldServer;
  let proxy: TlsProxy;
  const opened: DatabaseConnection[] = [];

  beforeAll(async () => {
    server = await startSqld({ jwt: true });
    proxy = await startTlsProxy(server.url);
  });
  afterAll(async () => {
    for (const db of opened) await db.close();
    await proxy.close();
    await server.stop();
  });

  const url = (port = proxy.port): string => `libsql://localhost:${port}`;
  const open = (target: string, tls?: TlsOptions, options?: DatabaseModuleOptions): DatabaseConnection => {
    const authToken = server.authToken as string;
    const db = createConnection({ url: target, authToken, maxAttempts: 1, ...(tls && { tls }), ...options });
    opened.push(db);
    return db;
  };

  it('trusts the authority that it is told', async () => {
    const db = open(url(), { ca: proxy.ca });
    await db.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (7)'], 'write');

    expect(await readValue(db, 'SELECT a FROM t')).toBe(7);
  });

  it('takes the authority as a path too', async () => {
    const db = open(url(), { ca: certificatePath('ca') });

    expect(await readValue(db, 'SELECT 1')).toBe(1);
  });

  it('asks for the name that it is told', async () => {
    const servername = 'db.internal.test';
    const right = open(`libsql://127.0.0.1:${proxy.port}`, { ca: proxy.ca, servername });
    const wrong = open(url(), { ca: proxy.ca, servername: 'evil.test' });

    expect(await readValue(right, 'SELECT 1')).toBe(1);
    expect(await failureOf(wrong.execute('SELECT 1'))).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      kind: 'configuration',
      outcome: 'not-applied',
    });
  });

  it('refuses an authority that it does not know, and says what to set', async () => {
    const failure = await failureOf(open(url()).execute('SELECT 1'));

    expect(failure).toMatchObject({
      code: 'SELF_SIGNED_CERT_IN_CHAIN',
      kind: 'configuration',
      outcome: 'not-applied',
    });
    expect(failure.message).toContain('set the option "tls.ca"');
  });

  it('refuses a certificate that has expired', async () => {
    await using expired = await startTlsProxy(server.url, { certificate: 'expired' });
    const failure = await failureOf(open(url(expired.port), { ca: expired.ca }).execute('SELECT 1'));

    expect(failure).toMatchObject({
      code: 'CERT_HAS_EXPIRED',
      kind: 'configuration',
      outcome: 'not-applied',
    });
  });

  it('shows its own certificate to a server that asks for one', async () => {
    await using strict = await startTlsProxy(server.url, { requireClientCertificate: true });
    const [cert, key] = await Promise.all(
      ['client', 'client-key'].map((name) => readFile(certificatePath(name), 'utf8')),
    );
    const known = open(url(strict.port), { ca: strict.ca, cert: cert as string, key: key as string });
    const stranger = open(url(strict.port), { ca: strict.ca });

    expect(await readValue(known, 'SELECT 1')).toBe(1);
    expect(await failureOf(stranger.execute('SELECT 1'))).toMatchObject({
      kind: 'configuration',
      outcome: 'not-applied',
    });
    await known.close();
  });

  it('verifies nothing when it is told so, and warns', async () => {
    const reports: { code: string; message: string }[] = [];
    const options = resolveOptions(
      { url: url(), authToken: server.authToken, tls: { rejectUnauthorized: false } },
      createOptionsEnvironment(undefined),
    );
    const db = createResolvedConnection(options, (report) => reports.push(report));
    opened.push(db);

    expect(await readValue(db, 'SELECT 1')).toBe(1);
    expect(reports).toEqual([
      {
        level: 'warning',
        code: 'TLS_NOT_VERIFIED',
        message: expect.stringContaining(`localhost:${proxy.port} is not verified`),
      },
    ]);
  });

  it('is no connection to a port that speaks plain text, and says how to write that', async () => {
    const failure = await failureOf(open(url(server.port)).execute('SELECT 1'));

    expect(failure).toMatchObject({ kind: 'configuration', outcome: 'not-applied' });
    expect(failure.message).toContain('does not speak TLS');
    expect(failure.message).toMatch(/wants http: or \?tls=0$/);
    expect(failure.message).not.toContain('\n');
  });

  it('is what a plain connection to its port lacks', async () => {
    const db = open(`http://localhost:${proxy.port}`, undefined, { queryTimeoutMs: 2_000 });
    const failure = await failureOf(db.execute('SELECT 1'));

    expect(['unavailable', 'timeout']).toContain(failure.kind);
    expect(failure.message).toContain(`localhost:${proxy.port}`);
    expect(failure.message).toContain('does the port speak TLS? Then the URL wants https:');
  });

  it('is switched off by ?tls=0', async () => {
    expect(await readValue(open(`libsql://localhost:${server.port}?tls=0`), 'SELECT 1')).toBe(1);
  });

  it('never shows the token in what goes wrong', async () => {
    const failures = [
      await failureOf(open(url()).execute('SELECT 1')),
      await failureOf(open(url(server.port)).execute('SELECT 1')),
      await failureOf(open(url(), { ca: proxy.ca, servername: 'evil.test' }).execute('SELECT 1')),
    ];

    for (const failure of failures) expect(String(failure.stack)).not.toContain(server.authToken);
  });
});
