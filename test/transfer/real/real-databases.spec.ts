import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import {
  copyDatabase,
  pullDatabase,
  TransferRefusedError,
  verifyTransfer,
} from '../../../lib/transfer/index.js';
import { startSqld, type SqldServer } from '../../support/sqld-server.js';
import { createTempFolder } from '../../support/temp-folder.js';

/**
 * Databases of other people: `REAL_DATABASES=fetch` fetches packages that hold some, anything else names a folder of them. Without it,
 * those are made that need nothing from outside.
 */
const wanted = process.env['REAL_DATABASES'];

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
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(wanted === undefined ? 2 : 10);
    const equal = Object.values(results).filter((result) => result.startsWith('equal')).length;
    expect(equal / Object.keys(results).length).toBeGreaterThan(0.75);
  }, 900_000);
});

async function openFolder(): Promise<string> {
  const folder = await createTempFolder('real');
  const script = join(import.meta.dirname, 'fetch-databases.js');
  if (wanted === undefined) createOwn(folder);
  else if (wanted === 'fetch') execFileSync(process.execPath, [script, folder], { stdio: 'inherit' });
  else return wanted;
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
}

/** @returns `equal` with what it holds, or the kinds of the problems */
async function moveBothWays(path: string): Promise<string> {
  const folder = await createTempFolder('moved');
  const source = join(folder, 'app.db');
  copyFileSync(path, source);
  const target = { url: server.url };
  const policies = [{}, { invalidUtf8: 'keep' }, { invalidUtf8: 'blob' }] as const;
  const refused: string[] = [];
  for (const policy of policies) {
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
      if (kinds !== 'invalid-text') return kinds;
    }
  }
  return refused.join();
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
