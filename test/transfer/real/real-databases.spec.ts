import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import {
  copyDatabase,
  type CopyOptions,
  pullDatabase,
  TransferRefusedError,
  verifyTransfer,
} from '../../../lib/transfer/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempFolder } from '../../support/temp-folder.js';

/**
 * Databases of other people: `REAL_DATABASES=fetch` fetches packages that hold some, `small` two of them, anything else names a folder.
 * Beside them small ones are made of the kinds that are rare: with an R-Tree, in UTF-16, with text that is none.
 */
const wanted = process.env['REAL_DATABASES'];
/** How many there are at least. */
const least = { fetch: 30, small: 9 }[wanted ?? ''] ?? 3;

/** Bytes of a small one. */
const longestSmall = 2_000_000;

let server: SqldServer;

beforeAll(async () => {
  server = await startSqld();
});

afterAll(() => server.stop());

describe('a database of somebody else', () => {
  it('arrives and comes back, or is refused for a reason that has a name', async () => {
    const folder = await openFolder();
    const results: Record<string, string> = {};
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.db'))) {
      results[name] = await moveBothWays(join(folder, name));
      if (wanted !== undefined) process.stdout.write(`${name}: ${results[name]}\n`);
    }

    const named = /^(equal|(missing-(function|collation|module)|invalid-text|value-too-large|unreadable)\b)/;
    expect(Object.entries(results).filter(([, result]) => !named.test(result))).toEqual([]);
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(least);
    const equal = Object.values(results).filter((result) => result.startsWith('equal'));
    expect(equal.length / Object.keys(results).length).toBeGreaterThanOrEqual(0.75);
    for (const kind of [/[1-9]\d* R-Trees/, /[1-9]\d* triggers/, /UTF-16le/, /after invalid-text/])
      expect(equal).toContainEqual(expect.stringMatching(kind));
    if (wanted === 'fetch')
      expect(results).toMatchObject({
        'openlp-0.db': expect.stringMatching(/^equal.*UTF-16le/),
        'sqlcipher-0.db': expect.stringMatching(/^equal.* after invalid-text/),
      });
  }, 900_000);
});

async function openFolder(): Promise<string> {
  const folder = await createTempFolder('real');
  createOwn(folder);
  if (wanted === undefined) return folder;
  if (wanted !== 'fetch' && wanted !== 'small') {
    for (const name of readdirSync(wanted)) copyFileSync(join(wanted, name), join(folder, name));
    return folder;
  }
  const script = join(import.meta.dirname, 'fetch-databases.js');
  const packages = wanted === 'small' ? ['spl.js', 'openlp'] : [];
  execFileSync(process.execPath, [script, folder, ...packages], { stdio: 'inherit' });
  const isLong = (name: string): boolean => statSync(join(folder, name)).size > longestSmall;
  if (wanted === 'small') for (const name of readdirSync(folder).filter(isLong)) rmSync(join(folder, name));
  return folder;
}

/** As other programs write them: with an R-Tree, in UTF-16, with bytes that are no text. */
function createOwn(folder: string): void {
  const places = new BetterSqlite3(join(folder, 'places.db'));
  places.exec(`CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT); CREATE VIRTUAL TABLE area USING rtree (id, x0, x1, y0, y1);
    CREATE TRIGGER gone AFTER DELETE ON place BEGIN DELETE FROM area WHERE id = old.id; END;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO place SELECT i, 'p' || i FROM n;
    INSERT INTO area SELECT id, id / 7.0, id / 3.0, -id, id FROM place`);
  places.close();
  const wide = new BetterSqlite3(join(folder, 'wide.db'));
  wide.exec(`PRAGMA encoding = 'UTF-16le'; CREATE TABLE word (w TEXT PRIMARY KEY, n) WITHOUT ROWID;
    INSERT INTO word VALUES ('ä', 1), ('😀', 2), ('z', 3)`);
  wide.close();
  const torn = new BetterSqlite3(join(folder, 'torn.db'));
  torn.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);
    INSERT INTO note VALUES (1, 'plain'), (2, CAST(x'C3' AS TEXT)), (3, CAST(x'47FC6E746572' AS TEXT))`);
  torn.close();
}

/** @returns `equal` with what it holds, or the kinds of the problems */
async function moveBothWays(path: string): Promise<string> {
  const folder = await createTempFolder('moved');
  const source = join(folder, 'app.db');
  copyFileSync(path, source);
  const target = { url: server.url };
  const policies: Pick<CopyOptions, 'invalidUtf8'>[] = [{}, { invalidUtf8: 'keep' }, { invalidUtf8: 'blob' }];
  const refused: string[] = [];
  for (let policy = policies.shift(); policy !== undefined; policy = policies.shift()) {
    await server.stop();
    server = await startSqld();
    target.url = server.url;
    try {
      const report = await copyDatabase({ source, target, ...policy });
      const verified = await verifyTransfer({ source, target, ...policy });
      const back = await pullDatabase({ source: target, file: join(folder, 'back.db') });
      const found = [...report.verification.differences, ...verified.differences, ...back.differences];
      if (found.length > 0) return `differs: ${JSON.stringify(found.slice(0, 3))}`;
      const how = refused.length > 0 ? ` after ${refused.join()}, with ${JSON.stringify(policy)}` : '';
      return `equal, ${report.rows} rows, ${describeSource(source)}${how}`;
    } catch (error) {
      if (!(error instanceof TransferRefusedError)) return `failed: ${String(error)}`;
      const kinds = [...new Set(error.problems.map(({ kind }) => kind))].join();
      refused.push(kinds);
      // what a person would do: without the triggers of an extension that no server has, the rest moves
      if (kinds === 'missing-function' && dropTriggers(source, error)) policies.unshift(policy);
      else if (kinds !== 'invalid-text') return refused.join();
    }
  }
  return refused.join();
}

/** @returns whether the triggers that cannot move are all that cannot */
function dropTriggers(path: string, { problems }: TransferRefusedError): boolean {
  const db = new BetterSqlite3(path);
  try {
    const find = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ?`);
    if (!problems.every(({ object }) => find.get(object) !== undefined)) return false;
    for (const { object } of problems) db.exec(`DROP TRIGGER "${object}"`);
    return true;
  } finally {
    db.close();
  }
}

function describeSource(path: string): string {
  const db = new BetterSqlite3(path, { readonly: true });
  const count = (what: string): number =>
    db.prepare(`SELECT count(*) FROM sqlite_schema WHERE ${what}`).pluck().get() as number;
  const triggers = count(`type = 'trigger'`);
  const rtrees = count(`sql LIKE '%USING%rtree%' AND type = 'table'`);
  const encoding = db.pragma('encoding', { simple: true }) as string;
  db.close();
  return `${encoding}, ${triggers} triggers, ${rtrees} R-Trees`;
}
