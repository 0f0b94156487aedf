import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { messageOf, resolveSqlite, resolveWith } from './resolve-with.js';

describe('without a URL', () => {
  it('the database is ./data/app.db, with one warning', () => {
    const { target, warnings } = resolveWith({});
    expect(target).toMatchObject({
      path: '/work/app/data/app.db',
      temporary: false,
      source: 'the default path',
    });
    expect(warnings).toEqual([
      { code: 'NO_DATABASE_URL', message: expect.stringContaining('set DATABASE_URL') },
    ]);
  });

  it('a test gets a private temporary path that is not created yet', () => {
    const [first, second] = [
      resolveSqlite({}, { NODE_ENV: 'test' }),
      resolveSqlite({}, { NODE_ENV: 'test' }),
    ];
    expect(first).toMatchObject({ temporary: true, source: 'the temporary database of a test' });
    expect(dirname(first.path)).toBe(tmpdir());
    expect(first.path).not.toBe(second.path);
    expect(existsSync(first.path)).toBe(false);
    expect(resolveWith({}, { NODE_ENV: 'test' }).warnings).toEqual([]);
  });

  it('a test does not sync to the disk unless it asks for it', () => {
    expect(resolveWith({}, { NODE_ENV: 'test' }).sqlite.synchronous).toBe('off');
    expect(resolveWith({ sqlite: { synchronous: 'full' } }, { NODE_ENV: 'test' }).sqlite.synchronous).toBe(
      'full',
    );
    expect(resolveWith({ url: 'sqlite:a.db' }, { NODE_ENV: 'test' }).sqlite.synchronous).toBe('full');
  });

  it('production does not start', () => {
    const message = messageOf(() => resolveWith({}, { NODE_ENV: 'production' }));
    expect(message).toContain('set DATABASE_URL, or the option "url" in code');
  });

  it.each(['development', 'test', 'production'])('a named connection is refused in %s', (NODE_ENV) => {
    const variables = { NODE_ENV, DATABASE_URL: 'sqlite:a.db' };
    expect(messageOf(() => resolveWith({}, variables, 'reports'))).toBe(
      'The connection "reports" has no URL: set REPORTS_DATABASE_URL, or the option "url" in code',
    );
  });
});
