import { expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createConnection } from '../../lib/index.js';
import { spawnGuarded } from '../support/guarded-process.js';
import { createSource } from './support/create-source.js';

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const script = pathOf('./support/backup.process.ts');
const loader = pathOf('../connection/support/register-typescript.js');

it.each<[string, number]>([
  ['when its copy begins', 0],
  ['when its copy is half there', 0.5],
  ['when its copy is checked', 1],
])(
  'a backup whose process is killed %s leaves nothing under its name, and the next one clears up',
  async (_when, part) => {
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (a BLOB)');
      for (let n = 0; n < 300; n++) db.exec('INSERT INTO t VALUES (randomblob(100000))');
    });
    const file = `${source}.copy`;
    const { size } = await stat(source);
    const app = spawnGuarded(process.execPath, ['--import', loader, script, source, file], {
      PATH: process.env['PATH'],
    });
    while (!app.hasExited() && (await copiedBytes(file)) < size * part) await sleep(2);
    app.kill('SIGKILL');
    await app.exited;
    const left = await listBeside(source);

    const db = createConnection({ url: `file:${source}` });
    await db.backup(file, { verify: true });
    await db.close();

    expect(left).toEqual(['app.db.copy.transfer']);
    expect(await listBeside(source)).toEqual(['app.db.copy']);
    expect(digestOf(file)).toBe(digestOf(source));
  },
  60_000,
);

function digestOf(path: string): string {
  const db = new BetterSqlite3(path, { readonly: true });
  const hash = createHash('sha256');
  for (const blob of db.prepare('SELECT a FROM t ORDER BY rowid').pluck(true).iterate())
    hash.update(blob as Buffer);
  db.close();
  return hash.digest('hex');
}

/** @returns -1 before there is a copy */
async function copiedBytes(file: string): Promise<number> {
  const folder = `${file}.transfer`;
  const names = await readdir(folder).catch(() => []);
  const copy = names.find((name) => /^copy-.*\.db$/.test(name));
  if (copy === undefined) return -1;
  return (await stat(join(folder, copy)).catch(() => undefined))?.size ?? -1;
}

/** Without the database, its log and the index of that. */
async function listBeside(source: string): Promise<string[]> {
  const own = ['', '-wal', '-shm'].map((suffix) => basename(source) + suffix);
  return (await readdir(dirname(source))).filter((name) => !own.includes(name)).sort();
}
