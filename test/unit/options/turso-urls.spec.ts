import { describe, expect, it } from '@jest/globals';
import { errorOf, messageOf, resolveTurso, resolveWith, tokenOf } from './resolve-with.js';

describe('a Turso URL', () => {
  it.each([
    ['libsql://db.turso.io', true, 'db.turso.io', 443, ''],
    ['LIBSQL://DB.Turso.IO', true, 'db.turso.io', 443, ''],
    ['libsql://db.turso.io/', true, 'db.turso.io', 443, ''],
    ['libsql://db.turso.io:8443/a/b%20c/', true, 'db.turso.io', 8443, '/a/b%20c'],
    ['libsql://127.0.0.1:8080?tls=0', false, '127.0.0.1', 8080, ''],
    ['libsql://db.turso.io?tls=1', true, 'db.turso.io', 443, ''],
    ['https://db.turso.io', true, 'db.turso.io', 443, ''],
    ['https://db.turso.io?tls=1&', true, 'db.turso.io', 443, ''],
    ['http://localhost', false, 'localhost', 80, ''],
    ['http://localhost:8080?tls=0', false, 'localhost', 8080, ''],
    ['wss://db.turso.io', true, 'db.turso.io', 443, ''],
    ['ws://my_service:8080', false, 'my_service', 8080, ''],
    ['http://[::1]:8080', false, '::1', 8080, ''],
    ['http://127.1:8080', false, '127.0.0.1', 8080, ''],
    ['https://bücher.example', true, 'xn--bcher-kva.example', 443, ''],
  ])('%s is understood', (url, secure, hostname, port, basePath) => {
    expect(resolveTurso({ url })).toMatchObject({
      backend: 'turso',
      secure,
      hostname,
      port,
      basePath,
      authToken: undefined,
    });
  });

  it('prints its location without credentials and with the brackets of IPv6', () => {
    expect(resolveTurso({ url: 'http://tok_en@[::1]:8080' }).location).toBe('[::1]:8080');
    expect(resolveTurso({ url: 'libsql://db.turso.io?authToken=tok_en' }).location).toBe('db.turso.io:443');
  });

  it.each([
    ['libsql://ey.pay-load.sig_1@db.turso.io', 'ey.pay-load.sig_1'],
    ['libsql://a%2Fb%3Ac@db.turso.io', 'a/b:c'],
    ['libsql://a@b@db.turso.io', 'a@b'],
    ['libsql://db.turso.io?authToken=ey.pay-load.sig_1', 'ey.pay-load.sig_1'],
    ['libsql://db.turso.io/?authToken=a%2Bb', 'a+b'],
    ['libsql://same@db.turso.io?authToken=same', 'same'],
  ])('%s carries its token', (url, token) => {
    expect(tokenOf(resolveTurso({ url }))).toBe(token);
  });

  it.each([
    ['', 'is empty', 'URL_INVALID'],
    [' libsql://h', 'white space around it', 'URL_INVALID'],
    ['libsql://h\n', 'white space around it', 'URL_INVALID'],
    ['"libsql://h"', 'quotation marks', 'URL_INVALID'],
    ['libsql://h\0', 'NUL', 'URL_INVALID'],
    ['db.turso.io', 'has no scheme', 'URL_INVALID'],
    ['libsql:db.turso.io', 'has no host', 'URL_INVALID'],
    ['libsql://', 'has no host', 'URL_INVALID'],
    ['libsql:///db', 'has no host', 'URL_INVALID'],
    ['libsql://:8080', 'has no host', 'URL_INVALID'],
    ['libsql://s3cret@', 'has no host', 'URL_INVALID'],
    ['libsql://@h', 'nothing in front of its @', 'URL_INVALID'],
    ['libsql://h:s3cret', 'has a port that is not a number', 'URL_INVALID'],
    ['libsql://h:', 'has a port that is not a number', 'URL_INVALID'],
    ['libsql://h:0', 'from 1 to 65535', 'URL_INVALID'],
    ['libsql://h:65536', 'from 1 to 65535', 'URL_INVALID'],
    ['libsql://h:080800', 'from 1 to 65535', 'URL_INVALID'],
    ['libsql://[::1', 'has a host that is not valid', 'URL_INVALID'],
    ['libsql://[zz]', 'has a host that is not valid', 'URL_INVALID'],
    ['libsql://h<s3cret>', 'has a host that is not valid', 'URL_INVALID'],
    [`libsql://${'s3cret'.repeat(11)}`, 'has a host that is not valid', 'URL_INVALID'],
    ['libsql://h s3cret', 'white space in it', 'URL_INVALID'],
    ['libsql://user:s3cret@h', 'has a user and a password', 'URL_INVALID'],
    ['libsql://s3cret%zz@h', 'broken percent-encoding in front of its @', 'URL_INVALID'],
    ['libsql://s3/cret@h', 'percent-encode the token', 'URL_INVALID'],
    ['libsql://s3?cret@h', 'percent-encode the token', 'URL_INVALID'],
    ['libsql://s3#cret@h', 'percent-encode the token', 'URL_INVALID'],
    ['libsql://h#s3cret', 'has a fragment', 'URL_INVALID'],
    ['libsql://h/s3cret%zz', 'broken percent-encoding in its path', 'URL_INVALID'],
    ['libsql://h?authToken=s3cret%zz', 'broken percent-encoding in its query', 'URL_INVALID'],
    ['libsql://h?%zz=s3cret', 'broken percent-encoding in its query', 'URL_INVALID'],
    ['libsql://h?tls=0', 'a plain "libsql:" URL needs its port', 'URL_INVALID'],
    ['libsql://h?tls=s3cret', 'neither 0 nor 1', 'URL_INVALID'],
    ['https://h?tls=0', 'cannot switch TLS off', 'URL_INVALID'],
    ['wss://h?tls=0', 'cannot switch TLS off', 'URL_INVALID'],
    ['http://h?tls=1', 'cannot switch TLS on', 'URL_INVALID'],
    ['libsql://h?tls=1&tls=1', 'has "tls" twice', 'URL_INVALID'],
    ['libsql://h?authtoken=s3cret', 'did you mean "authToken"?', 'URL_PARAM_NOT_SUPPORTED'],
    [
      'libsql://h?zzzzzzzz=s3cret',
      '"zzzzzzzz", which is not supported: remove it',
      'URL_PARAM_NOT_SUPPORTED',
    ],
    ['libsql://h?s3cret', 'has a parameter that is not supported', 'URL_PARAM_NOT_SUPPORTED'],
    ['libsql://h?s3cret=1', 'has a parameter that is not supported', 'URL_PARAM_NOT_SUPPORTED'],
    ['postgres://u:s3cret@h/db', 'the scheme "postgres:"', 'URL_SCHEME_NOT_SUPPORTED'],
    ['libsq://s3cret@h', 'did you mean "libsql:"?', 'URL_SCHEME_NOT_SUPPORTED'],
    ['turso://s3cret@h', 'did you mean "libsql:"?', 'URL_SCHEME_NOT_SUPPORTED'],
    ['sqlite3:./s3cret.db', 'did you mean "sqlite:"?', 'URL_SCHEME_NOT_SUPPORTED'],
    ['s3cret:xyz@h', 'an unknown scheme', 'URL_SCHEME_NOT_SUPPORTED'],
    ['sssecret:s3cret@h', 'an unknown scheme', 'URL_SCHEME_NOT_SUPPORTED'],
  ])('%j is refused', (url, problem, code) => {
    for (const call of [() => resolveWith({ url }), () => resolveWith({}, { DATABASE_URL: url })]) {
      const error = errorOf(call);
      expect(error).toMatchObject({ code, kind: 'configuration', outcome: 'not-applied' });
      expect(error.message).toContain(problem);
      expect(error.message).toMatch(/DATABASE_URL|The option "url"/);
      expect(error.message).not.toMatch(/s3|cret/);
    }
  });

  it('of a platform is refused with the way past it', () => {
    const variables = { DATABASE_URL: 'postgres://u:p@h/db', TURSO_DATABASE_URL: 'libsql://h' };
    expect(messageOf(() => resolveWith({}, variables))).toContain(
      'DATABASE_URL wins over TURSO_DATABASE_URL, which is set too: unset DATABASE_URL, or set the option "url" in code',
    );
    expect(messageOf(() => resolveWith({}, { DATABASE_URL: 'mysql://h' }))).toContain(
      'wins over TURSO_DATABASE_URL: unset',
    );
    expect(messageOf(() => resolveWith({}, { TURSO_DATABASE_URL: 'mysql://h' }))).not.toContain('wins');
    expect(messageOf(() => resolveWith({ url: 'mysql://h' }, variables))).not.toContain('wins');
    expect(resolveTurso({ url: 'libsql://h' }, variables).hostname).toBe('h');
  });
});
