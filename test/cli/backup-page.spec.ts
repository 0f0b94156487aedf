import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { restoreDatabase } from '../../lib/transfer/index.js';
import { pageOf, root } from '../docs/pages.js';
import { createTempFolder } from '../support/temp-folder.js';
import { readSource } from '../transfer/support/read-source.js';
import { runCli } from '../transfer/support/run-cli.js';
import { createLongSource } from '../transfer/support/sources.js';

const page = pageOf('docs/backup.md');

describe('docs/backup.md', () => {
  it('shows what its commands print, and each of them works', async () => {
    const folder = await createTempFolder('docs');
    const db = new BetterSqlite3(join(folder, 'app.db'));
    db.exec(pageOf('docs/migrating.md').blocks.find(({ language }) => language === 'sql')?.code ?? '');
    db.close();
    const before = await readSource(join(folder, 'app.db'));
    const blocks = page.blocks.filter(({ language }) => language === 'sh' || language === 'text');
    const shown: string[] = [];
    const printed: string[] = [];

    for (const [index, { language, code }] of blocks.entries()) {
      if (language !== 'sh') continue;
      const { exitCode, stdout } = await runCli(code.split(' ').slice(2), {}, folder);
      expect([code, exitCode]).toEqual([code, 0]);
      const next = blocks[index + 1];
      if (next?.language !== 'text') continue;
      shown.push(normalize(next.code, '/data/'));
      printed.push(normalize(stdout.trim(), `${folder}/`));
    }

    expect(printed).toEqual(shown);
    expect(printed).toHaveLength(2);
    for (const name of ['app.db', 'restored.db'])
      expect(await readSource(join(folder, name))).toEqual(before);
  }, 120_000);

  it('has a service whose backups can be restored, and which keeps seven', async () => {
    const source = await createLongSource(50);
    const db = createConnection({ url: `file:${source}` });
    const backups = await createTempFolder('backups');
    const service = await createService(backups, db);

    for (let night = 0; night < 9; night++) {
      await db.execute('INSERT INTO keyless VALUES (?, 0)', [`night ${night}`]);
      await service.backup();
    }
    await db.close();

    const copies = (await readdir(backups)).sort();
    expect(copies).toHaveLength(7);
    const restored = `${source}.restored`;
    await restoreDatabase({ file: join(backups, copies.at(-1) ?? ''), target: restored });
    expect(await readSource(restored)).toEqual(await readSource(source));
    const oldest = new BetterSqlite3(join(backups, copies[0] ?? ''), { readonly: true });
    expect(oldest.prepare(`SELECT count(*) FROM keyless WHERE a LIKE 'night%'`).pluck().get()).toBe(3);
    oldest.close();
  }, 120_000);
});

// not below node_modules: there nothing is compiled, and elsewhere nothing would be found
const samples = join(root, 'dist-sample', `backup-${process.pid}`);
beforeAll(() => mkdir(samples, { recursive: true }));
afterAll(() => rm(samples, { recursive: true, force: true }));

interface BackupService {
  backup(): Promise<string>;
}

async function createService(folder: string, db: DatabaseConnection): Promise<BackupService> {
  const code = page.blocks.find((block) => block.code.includes('class BackupService'))?.code ?? '';
  const file = join(samples, 'backup.service.ts');
  await writeFile(file, code.replace("const folder = 'backups'", `const folder = ${JSON.stringify(folder)}`));
  const loaded = (await import(file)) as {
    BackupService: new (connection: DatabaseConnection) => BackupService;
  };
  return new loaded.BackupService(db);
}

function normalize(text: string, folder: string): string {
  return text.replaceAll(folder, '').replace(/in \d+\.\d s/g, 'in SECONDS');
}
