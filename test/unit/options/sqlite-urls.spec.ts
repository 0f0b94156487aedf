import { describe, expect, it } from '@jest/globals';
import { errorOf, messageOf, resolveSqlite, resolveWith } from './resolve-with.js';

describe('a SQLite URL', () => {
  it.each([
    ['sqlite:app.db', '/work/app/app.db'],
    ['sqlite:./data/app.db', '/work/app/data/app.db'],
    ['sqlite:../app.db', '/work/app.db'],
    ['sqlite:/data/app.db', '/data/app.db'],
    ['sqlite:///data/app.db', '/data/app.db'],
    ['sqlite:////data/app.db', '/data/app.db'],
    ['SQLite:my%20app%23.db', '/work/app/my app#.db'],
    ['sqlite:my app.db', '/work/app/my app.db'],
    ['file:app.db', '/work/app/app.db'],
    ['file:/data/app.db', '/data/app.db'],
    ['file:///data/app.db', '/data/app.db'],
    ['file://localhost/data/app.db', '/data/app.db'],
    [':memory:', ':memory:'],
    ['sqlite::memory:', ':memory:'],
    ['sqlite://:memory:', ':memory:'],
    ['sqlite:///:memory:', ':memory:'],
    ['file::memory:', ':memory:'],
    ['file::memory:?cache=private', ':memory:'],
    ['C:\\x\\100%.db', 'C:\\x\\100%.db'],
    ['C:/x/app.db', 'C:\\x\\app.db'],
    ['sqlite:C:\\x\\app.db', 'C:\\x\\app.db'],
    ['sqlite://C:/x/app.db', 'C:\\x\\app.db'],
    ['sqlite://C:\\x\\app.db', 'C:\\x\\app.db'],
    ['sqlite:///C:/x/app.db', 'C:\\x\\app.db'],
    ['file:///C:/my%20x/app.db', 'C:\\my x\\app.db'],
  ])('%s is the path %s', (url, path) => {
    expect(resolveSqlite({ url })).toEqual({
      backend: 'sqlite',
      path,
      temporary: false,
      location: path,
      source: 'the option "url"',
    });
  });

  it.each([
    [':memory:x', 'has no scheme: write sqlite:', 'URL_INVALID'],
    ['./app.db', 'has no scheme: write sqlite:', 'URL_INVALID'],
    ['data/app.db', 'has no scheme: write sqlite:', 'URL_INVALID'],
    ['/data/app.db', 'has no scheme: write sqlite:', 'URL_INVALID'],
    ['sqlite:', 'names no file', 'URL_INVALID'],
    ['sqlite://', 'names no file', 'URL_INVALID'],
    ['sqlite:./data/', 'names a folder', 'URL_INVALID'],
    ['sqlite:///', 'names a folder', 'URL_INVALID'],
    ['sqlite:~/app.db', 'starts with ~', 'URL_INVALID'],
    ['sqlite://s3cret/app.db', 'has a host behind its two slashes', 'URL_INVALID'],
    ['sqlite://u:s3cret@h/app.db', 'has a host behind its two slashes', 'URL_INVALID'],
    ['sqlite:app.db#s3cret', 'has a fragment', 'URL_INVALID'],
    ['sqlite:app%zz.db', 'broken percent-encoding', 'URL_INVALID'],
    ['sqlite:app%00.db', 'NUL', 'URL_INVALID'],
    ['sqlite:app.db?authToken=s3cret', 'a SQLite file needs none', 'URL_PARAM_NOT_SUPPORTED'],
    ['sqlite:app.db?tls=0', 'a SQLite file needs none', 'URL_PARAM_NOT_SUPPORTED'],
    ['file:app.db?mode=ro', 'write :memory: for memory', 'URL_PARAM_NOT_SUPPORTED'],
    ['file:app.db?cache=shared', 'share no cache', 'URL_PARAM_NOT_SUPPORTED'],
    [
      'file:dev.db?connection_limit=1',
      '"connection_limit", which is not supported',
      'URL_PARAM_NOT_SUPPORTED',
    ],
    [':memory:?cache=s3cret', 'neither "private" nor "shared"', 'URL_INVALID'],
  ])('%j is refused', (url, problem, code) => {
    const error = errorOf(() => resolveWith({}, { DATABASE_URL: url }));
    expect(error).toMatchObject({ code, kind: 'configuration' });
    expect(error.message).toContain(problem);
    expect(error.message).toContain(`${code}: DATABASE_URL `);
    expect(error.message).not.toContain('s3cret');
  });

  it('with cache=shared warns that memory belongs to one connection', () => {
    const { target, warnings } = resolveWith({ url: 'file::memory:?cache=shared' });
    expect(target).toMatchObject({ path: ':memory:' });
    expect(warnings).toEqual([
      { code: 'MEMORY_NOT_SHARED', message: expect.stringContaining('not with other connections') },
    ]);
  });

  it.each([
    ['authToken', { authToken: 's3cret' }],
    ['tls.ca', { tls: { ca: '/s3cret' } }],
    ['remoteEncryptionKey', { remoteEncryptionKey: 's3cret' }],
  ])('refuses %s in code', (option, options) => {
    for (const url of ['sqlite:app.db', undefined]) {
      const message = messageOf(() => resolveWith({ url, ...options }));
      expect(message).toContain(`The option "${option}" is for a server`);
      expect(message).not.toContain('s3cret');
    }
  });

  it('ignores a token left over in the environment', () => {
    const variables = { TURSO_AUTH_TOKEN: 's3cret', DATABASE_TLS_CA: '' };
    expect(resolveWith({}, { ...variables, DATABASE_URL: 'file:app.db' }).warnings).toEqual([]);
    expect(resolveWith({ url: 'sqlite:app.db' }, variables).warnings).toEqual([]);
  });
});
