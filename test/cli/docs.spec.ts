import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usage } from '../../lib/cli/usage.js';
import { findFreePort } from '../../lib/testing/server/find-free-port.js';
import { openNamespaceFront, type NamespaceFront } from '../../lib/testing/server/namespace-front.js';
import { pageOf } from '../docs/pages.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { createTempFolder } from '../support/temp-folder.js';
import { runCli } from '../transfer/support/run-cli.js';

const page = pageOf('docs/migrating.md');

let server: SqldServer;
let second: SqldServer;
/** With namespaces. */
let third: SqldServer;
let front: NamespaceFront;
/** What the page has instead of what is true here. */
let addresses: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startSqld();
  second = await startSqld();
  const admin = `127.0.0.1:${await findFreePort()}`;
  third = await startSqld({ args: ['--enable-namespaces', '--admin-listen-addr', admin] });
  front = await openNamespaceFront(third.port, 'moved');
  addresses = {
    'http://127.0.0.1:8080': server.url,
    'http://127.0.0.1:8081': second.url,
    // not every machine knows names below localhost
    'http://moved.example:8082': `${front.url} --namespace moved`,
    'http://127.0.0.1:8090': `http://${admin}`,
    '/var/lib/sqld': third.dataDir,
  };
});

afterAll(async () => {
  front.close();
  for (const each of [server, second, third]) await each.stop();
});

describe('docs/migrating.md', () => {
  it('shows what its commands print, one after the other', async () => {
    const folder = await createTempFolder('docs');
    const shown: string[] = [];
    const printed: string[] = [];

    for (const [index, { language, code }] of page.blocks.entries()) {
      if (language === 'sql') runSql(join(folder, 'app.db'), code);
      if (language !== 'sh') continue;
      const [, ...args] = code.split(' ').slice(1);
      const run = await runCli(
        args.flatMap((arg) => (addresses[arg] ?? arg).split(' ')),
        {},
        folder,
      );
      const errors = run.stderr.split('\n').filter((line) => /^(nestjs-turso|To go on):/.test(line));
      shown.push(normalize(page.blocks[index + 1]?.code ?? ''));
      printed.push(
        normalize([run.stdout.trim(), ...errors].filter((text) => text !== '').join('\n'), folder),
      );
    }

    expect(printed).toEqual(shown);
    expect(printed).toHaveLength(12);
  }, 120_000);

  it('tells every kind of problem', async () => {
    const source = await readFile(
      join(import.meta.dirname, '../../lib/transfer/plan/transfer-plan.ts'),
      'utf8',
    );
    const union = /ProblemKind =([^;]*);/.exec(source)?.[1] ?? '';
    const kinds = [...union.matchAll(/'([a-z-]+)'/g)].map(([, kind = '']) => kind);

    expect(kinds.filter((kind) => !page.text.includes(`| \`${kind}\` `))).toEqual([]);
    expect(kinds.length).toBeGreaterThan(5);
  });

  it('names options that exist', () => {
    const named = [...page.text.matchAll(/--[a-z][a-z0-9-]+/g)].map(([option]) => option);

    expect(named.filter((option) => !usage.includes(`  ${option}`))).toEqual([]);
    expect(named).toContain('--on-bad-row');
  });
});

/** The application writes. */
function runSql(path: string, sql: string): void {
  const db = new BetterSqlite3(path);
  db.exec(sql);
  db.close();
}

function normalize(text: string, folder = ''): string {
  return text
    .replaceAll(`${folder}/`, folder === '' ? '/' : '')
    .replace(/127\.0\.0\.1:\d+/g, 'HOST')
    .replace(/\b[0-9a-f]{16}\b/g, 'DIGEST')
    .replace(/\d+\.\d s\b/g, 'SECONDS')
    .replace(/ +/g, ' ')
    .replace(/\d+(\.\d)? (MiB beside|ms)\b/g, 'N $2')
    .replace(/sqld 0\..*/, 'sqld VERSION')
    .replace(/(SQLite +)3\.[\d.]+/g, '$1VERSION');
}
