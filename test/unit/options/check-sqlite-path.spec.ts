import * as files from 'node:fs/promises';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ConfigurationError } from '../../../lib/errors/configuration-error.js';

const folder = mkdtempSync(join(tmpdir(), 'nestjs-turso-path-'));
const denied = new Set<string>();

// Tests may run as root, to whom nothing is denied.
jest.unstable_mockModule('node:fs/promises', () => ({
  ...files,
  access: (path: string, mode?: number) =>
    denied.has(path) ? Promise.reject(new Error('EACCES')) : files.access(path, mode),
  mkdir: (path: string, options: object) =>
    denied.has(`mkdir ${path}`)
      ? Promise.reject(Object.assign(new Error('no'), { code: 'EROFS' }))
      : files.mkdir(path, options),
}));

const { assertUsableSqlitePath, prepareSqlitePath } =
  await import('../../../lib/options/check-sqlite-path.js');
const problemOf = async (path: string): Promise<ConfigurationError> =>
  assertUsableSqlitePath(path, 'DATABASE_URL').then(
    () => Promise.reject(new Error('expected a ConfigurationError')),
    (error: ConfigurationError) => error,
  );

beforeEach(() => denied.clear());
afterAll(() => rmSync(folder, { recursive: true }));

describe('a SQLite path', () => {
  it('may name memory, a file, or a new file in a folder that is missing', async () => {
    writeFileSync(join(folder, 'app.db'), '');
    await expect(prepareSqlitePath({ path: ':memory:', source: 'DATABASE_URL' })).resolves.toBeUndefined();
    await expect(assertUsableSqlitePath(join(folder, 'app.db'), 'DATABASE_URL')).resolves.toBeUndefined();
    await expect(assertUsableSqlitePath(join(folder, 'a/b/app.db'), 'DATABASE_URL')).resolves.toBeUndefined();
  });

  it('gets its folder, and no file', async () => {
    const path = join(folder, 'new/data/app.db');
    await prepareSqlitePath({ path, source: 'DATABASE_URL' });
    expect(statSync(join(folder, 'new/data')).isDirectory()).toBe(true);
    expect(() => statSync(path)).toThrow('ENOENT');
  });

  it('must not name a folder', async () => {
    const error = await problemOf(folder);
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      code: 'SQLITE_CANTOPEN',
      kind: 'configuration',
    });
    expect(error.message).toContain(`DATABASE_URL names a folder, not a file: ${folder}`);
  });

  it('must not name a device', async () => {
    expect((await problemOf('/dev/null')).message).toContain('names something that is no file');
  });

  it('must not lead through a file', async () => {
    writeFileSync(join(folder, 'plain'), '');
    expect((await problemOf(join(folder, 'plain/data/app.db'))).message).toContain(
      `leads through ${join(folder, 'plain')}`,
    );
  });

  it('must not name a file that may not be read', async () => {
    writeFileSync(join(folder, 'closed.db'), '');
    denied.add(join(folder, 'closed.db'));
    expect((await problemOf(join(folder, 'closed.db'))).message).toContain('may not be read');
  });

  it('must not name a new file in a folder that may not be written', async () => {
    denied.add(folder);
    const { message } = await problemOf(join(folder, 'x/app.db'));
    expect(message).toContain(`names a new file below ${folder}, which may not be written`);
    expect(message).not.toContain('absolute');
  });

  it.each(['/nestjs-turso.db', '/nestjs-turso/app.db'])(
    '%s hints at the relative form of SQLAlchemy',
    async (path) => {
      denied.add('/');
      expect((await problemOf(path)).message).toContain(
        `The path is absolute: for a relative one write sqlite:.${path}`,
      );
    },
  );

  it('of Windows is refused elsewhere', async () => {
    const error = await assertUsableSqlitePath('C:\\app.db', 'the option "url"').catch(
      (reason: unknown) => reason,
    );
    expect((error as ConfigurationError).message).toContain(
      `The option "url" is a path of Windows, and this is ${process.platform}: write sqlite:./app.db for one that works on both`,
    );
  });

  it('whose folder cannot be created is refused', async () => {
    denied.add(`mkdir ${join(folder, 'ro')}`);
    const error = await prepareSqlitePath({ path: join(folder, 'ro/app.db'), source: 'DATABASE_URL' }).catch(
      (reason: unknown) => reason,
    );
    expect((error as ConfigurationError).message).toContain('which cannot be created (EROFS)');
    expect((error as ConfigurationError).cause).toMatchObject({ code: 'EROFS' });
  });
});
