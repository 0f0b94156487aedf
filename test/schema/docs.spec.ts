import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MigrationFolder, openInstance, type Instance } from './schema-setup.js';

const guide = new URL('../../docs/migrations.md', import.meta.url);

describe('docs/migrations.md', () => {
  let instance: Instance;

  beforeEach(async () => {
    instance = await openInstance(':memory:');
  });
  afterEach(() => instance.close());

  it('rebuilds a table without losing the rows that reference it', async () => {
    const blocks = [...(await readFile(guide, 'utf8')).matchAll(/```sql\n-- migrations\/(\S+)\n([^]*?)```/g)];
    const [first, ...rest] = blocks.map(([, name, text]) => ({ name: String(name), text: String(text) }));
    const folder = await MigrationFolder.create({ [String(first?.name)]: String(first?.text) });
    await instance.apply(folder);
    await instance.query("INSERT INTO lists VALUES (1, 'home')");
    await instance.query("INSERT INTO tasks VALUES (1, 1, 'tidy')");
    for (const { name, text } of rest) await folder.write(name, text);

    expect(await instance.apply(folder)).toEqual(['0002_list_colour.sql']);
    expect(await instance.query('SELECT title, colour FROM tasks JOIN lists ON lists.id = list_id')).toEqual([
      ['tidy', 'grey'],
    ]);
  });
});
