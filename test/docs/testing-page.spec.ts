import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection } from '../../lib/index.js';
import { findSqldBinary } from '../support/sqld-binary.js';
import { startSqld } from '../support/sqld-server.js';
import { pageOf, root, type Block } from './pages.js';

// Not below node_modules: there nothing is compiled, and elsewhere nothing would be found.
const folder = join(root, 'dist-sample', `testing-${process.pid}`);
const blocksWith = (text: string): Block[] =>
  pageOf('docs/testing.md').blocks.filter(({ code }) => code.includes(text));

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a block as a module of its own, with a server instead of the one that it would fetch or expect. */
async function run(block: Block, url = ''): Promise<void> {
  const binary = JSON.stringify(await findSqldBinary());
  const code = block.code
    .replaceAll('startLibsqlServer({', `startLibsqlServer({ binary: ${binary},`)
    .replace('http://127.0.0.1:8080', url)
    .replaceAll('console.log', 'void ');
  const file = join(folder, `block-${block.place.replace(/\W+/g, '-')}.ts`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, code);
  await import(file);
}

const [onFile, onServer] = blocksWith('describeConnectionContract(\n') as [Block, Block];
await run(onFile);

describe('the page about testing', () => {
  it('starts servers as it says', async () => {
    const blocks = blocksWith('startLibsqlServer({');
    for (const block of blocks) await run(block);

    expect(blocks).toHaveLength(2);
  });

  it('empties a database as it says', async () => {
    await using server = await startSqld();
    const db = createConnection({ url: server.url });
    await db.executeMultiple(`
      CREATE TABLE "a ""b" (id INTEGER PRIMARY KEY AUTOINCREMENT);
      CREATE VIEW seen AS SELECT * FROM "a ""b";
      CREATE VIRTUAL TABLE words USING fts5(word);
      INSERT INTO words VALUES ('one')`);
    const { code } = onServer;
    const emptying = /const sweeper[^]*?close\(\);/.exec(code)?.[0] ?? '';
    const block = {
      ...onServer,
      code: `import { createConnection } from 'nestjs-turso';
      import { emptyDatabase } from 'nestjs-turso/testing';
      const url = 'http://127.0.0.1:8080';
      ${emptying}`,
    };
    await run(block, server.url);

    const { rows } = await db.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'");
    expect(rows).toEqual([]);
    await db.close();
  });
});
