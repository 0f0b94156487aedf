import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { assertUsableToken } from '../../../lib/options/resolve-auth-token.js';
import { messageOf, resolveTurso, resolveWith, tokenOf } from './resolve-with.js';

const url = 'libsql://db.turso.io';
const folder = mkdtempSync(join(tmpdir(), 'nestjs-turso-tls-'));
const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const key = '-----BEGIN EC PRIVATE KEY-----\ns3cret\n-----END EC PRIVATE KEY-----\n';

afterAll(() => rmSync(folder, { recursive: true }));

describe('the token', () => {
  it('comes from the option, also as a function', () => {
    const authToken = (): string => 'later';
    expect(tokenOf(resolveTurso({ url, authToken: 'now' }))).toBe('now');
    expect(resolveTurso({ url, authToken }).authToken).toBe(authToken);
  });

  it('comes from the environment only if the URL does', () => {
    expect(tokenOf(resolveTurso({}, { TURSO_DATABASE_URL: url, TURSO_AUTH_TOKEN: 'env' }))).toBe('env');
    expect(resolveTurso({ url }, { TURSO_AUTH_TOKEN: 'env' }).authToken).toBeUndefined();
    expect(tokenOf(resolveTurso({ authToken: 'code' }, { DATABASE_URL: url, TURSO_AUTH_TOKEN: 'env' }))).toBe(
      'code',
    );
  });

  it('that is left aside because the URL stands in code is a warning', () => {
    const variables = { TURSO_AUTH_TOKEN: 's3cret', DATABASE_TLS_CA: '/s3cret' };
    expect(resolveWith({ url }, variables).warnings).toEqual([
      {
        code: 'VARIABLES_UNUSED',
        message: expect.stringMatching(
          /^TURSO_AUTH_TOKEN, DATABASE_TLS_CA: not used, because the URL comes from the option "url"/,
        ),
      },
    ]);
    expect(resolveWith({ url: 'libsql://t@h' }, { TURSO_AUTH_TOKEN: 's3cret' }).warnings).toEqual([]);
  });

  it.each([
    [
      { url: 'libsql://s3cret-a@h?authToken=s3cret-b' },
      {},
      'the option "url" (in front of the @)',
      'the option "url" (?authToken=)',
    ],
    [
      { url: 'libsql://s3cret-a@h', authToken: 's3cret-b' },
      {},
      'the option "url" (in front of the @)',
      'the option "authToken"',
    ],
    [
      { url: 'libsql://s3cret-a@h', authToken: () => 's3cret-a' },
      {},
      'the option "url" (in front of the @)',
      'the option "authToken"',
    ],
    [
      {},
      { DATABASE_URL: 'libsql://h?authToken=s3cret-a', TURSO_AUTH_TOKEN: 's3cret-b' },
      'DATABASE_URL (?authToken=)',
      'TURSO_AUTH_TOKEN',
    ],
    [
      { authToken: 's3cret-b' },
      { DATABASE_URL: 'libsql://s3cret-a@h' },
      'DATABASE_URL (in front of the @)',
      'the option "authToken"',
    ],
  ])(
    'that disagrees with another is refused, naming both places (%#)',
    (options, variables, first, second) => {
      const message = messageOf(() => resolveWith(options, variables));
      expect(message).toBe(`There are two different tokens, one in ${first} and one in ${second}: keep one`);
    },
  );

  it('may stand in two places when it is the same', () => {
    expect(tokenOf(resolveTurso({ authToken: 'a.b' }, { DATABASE_URL: 'libsql://a.b@h' }))).toBe('a.b');
  });

  it.each([
    ['Bearer s3cret', 'starts with "Bearer"'],
    ['s3cret\n', 'white space'],
    ['s3crét', 'beyond ASCII'],
  ])('%j is refused', (authToken, problem) => {
    const message = messageOf(() => resolveWith({ url, authToken }));
    expect(message).toContain(`The token from the option "authToken" `);
    expect(message).toContain(problem);
    expect(message).not.toMatch(/s3cr/);
  });

  it('that is empty is refused wherever it stands', () => {
    expect(messageOf(() => resolveWith({ url, authToken: '' }))).toContain('is empty');
    expect(messageOf(() => resolveWith({}, { DATABASE_URL: url, TURSO_AUTH_TOKEN: '' }))).toContain(
      'TURSO_AUTH_TOKEN is empty',
    );
    expect(messageOf(() => resolveWith({ url: `${url}?authToken=` }))).toContain('(?authToken=) is empty');
  });

  it('of a function can be checked the same way', () => {
    expect(messageOf(() => assertUsableToken(5, 'the function'))).toBe(
      'The token from the function must be a string, got number',
    );
    expect(() => assertUsableToken('a.b', 'the function')).not.toThrow();
  });
});

describe('a credential without TLS', () => {
  it.each([
    [{ url: 'http://s3cret@db.example' }],
    [{ url: 'ws://db.example:8080', authToken: 's3cret' }],
    [{ url: 'libsql://db.example:8080?tls=0', authToken: () => 's3cret' }],
    [{ url: 'http://db.example', remoteEncryptionKey: 's3cret' }],
    [{ url: 'http://localhost.example', authToken: 's3cret' }],
    [{ url: 'http://1270.0.0.1.example', authToken: 's3cret' }],
  ])('is refused to another machine (%#)', (options) => {
    const message = messageOf(() => resolveWith(options));
    expect(message).toMatch(/^The option "url" would send a credential to [a-z0-9.]+example:\d+ without TLS/);
    expect(message).toContain('"allowInsecure"');
    expect(message).not.toContain('s3cret');
  });

  it.each(['localhost:8080', 'db.localhost', '127.0.0.1:8080', '127.9.9.9', '[::1]:8080'])(
    'goes to %s',
    (host) => {
      expect(resolveWith({ url: `http://tok@${host}` }).warnings).toEqual([]);
    },
  );

  it('goes anywhere with allowInsecure, with a warning', () => {
    const { warnings } = resolveWith({ url: 'http://s3cret@db.example', allowInsecure: true });
    expect(warnings).toEqual([
      {
        code: 'CREDENTIAL_WITHOUT_TLS',
        message: 'Credentials go to db.example:80 without TLS ("allowInsecure")',
      },
    ]);
    expect(
      resolveWith({}, { DATABASE_URL: 'http://s3cret@db.example', DATABASE_ALLOW_INSECURE: '1' }).warnings,
    ).toHaveLength(1);
  });

  it('does not matter where there is none', () => {
    expect(resolveWith({ url: 'http://db.example' }).warnings).toEqual([]);
  });
});

describe('TLS options', () => {
  it('take PEM text, also with written line breaks, and files', () => {
    const file = join(folder, 'cert.pem');
    writeFileSync(file, certificate);
    const tls = resolveTurso({
      url,
      tls: { ca: certificate.replaceAll('\n', '\\n'), cert: file, key, servername: 'db.internal' },
    }).tls;
    expect(tls).toMatchObject({
      ca: certificate,
      cert: certificate,
      servername: 'db.internal',
      rejectUnauthorized: true,
    });
    expect(tls.key?.reveal()).toBe(key);
  });

  it('come from the environment only if the URL does', () => {
    const variables = {
      DATABASE_URL: url,
      DATABASE_TLS_CA: certificate,
      DATABASE_TLS_REJECT_UNAUTHORIZED: '0',
    };
    expect(resolveTurso({}, variables).tls).toMatchObject({ ca: certificate, rejectUnauthorized: false });
    expect(resolveTurso({ url }, variables).tls).toEqual({ rejectUnauthorized: true });
  });

  it('that switch verification off are a warning', () => {
    expect(resolveWith({ url, tls: { rejectUnauthorized: false } }).warnings).toEqual([
      {
        code: 'TLS_NOT_VERIFIED',
        message: expect.stringContaining('The certificate of db.turso.io:443 is not verified'),
      },
    ]);
  });

  it('without TLS are a warning', () => {
    const { warnings } = resolveWith({
      url: 'http://localhost',
      tls: { rejectUnauthorized: false, servername: 'a' },
    });
    expect(warnings).toEqual([
      {
        code: 'TLS_OPTIONS_UNUSED',
        message: expect.stringContaining('the option "tls.servername", the option "tls.rejectUnauthorized"'),
      },
    ]);
  });

  it.each([
    [{ ca: key }, 'The option "tls.ca" holds no PEM text with a CERTIFICATE'],
    [{ key: certificate, cert: certificate }, 'The option "tls.key" holds no PEM text with a PRIVATE KEY'],
    [{ ca: join(folder, 's3cret.pem') }, 'there is no such file'],
    [{ ca: folder }, 'it is a folder'],
    [{ ca: 's3cret'.repeat(900) }, 'ENAMETOOLONG'],
    [{ cert: certificate }, 'The option "tls.cert" needs its key'],
    [{ key }, 'The option "tls.key" needs its certificate'],
    [{ servername: 'https://s3cret' }, 'The option "tls.servername" is not a host name'],
  ])('that are wrong are refused (%#)', (tls, problem) => {
    const message = messageOf(() => resolveWith({ url, tls }));
    expect(message).toContain(problem);
    expect(message).not.toContain('s3cret');
  });
});

describe('the encryption key', () => {
  it('is base64 and stays secret', () => {
    const { remoteEncryptionKey } = resolveTurso({ url, remoteEncryptionKey: 'c2VjcmV0+/==' });
    expect(remoteEncryptionKey?.reveal()).toBe('c2VjcmV0+/==');
    expect(String(remoteEncryptionKey)).toBe('[redacted]');
    expect(messageOf(() => resolveWith({ url, remoteEncryptionKey: 's3cret!' }))).toBe(
      'The option "remoteEncryptionKey" is not base64',
    );
  });
});
