import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDeadline } from '../../lib/async/deadline.js';
import { errorOf, MigrationFolder, openInstance, schemaSetups, type Instance } from './schema-setup.js';

const lists = 'CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n';
const tasks =
  'CREATE TABLE tasks (id INTEGER PRIMARY KEY, list_id INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE);\n';

describe.each(schemaSetups)('migrations on $name', (setup) => {
  // a memory database has one connection: facts about several do not exist there
  const itShared: (title: string, fact: () => Promise<void>) => void = setup.shared ? it : () => undefined;
  let url: string;
  let instance: Instance;
  const opened: Instance[] = [];
  const open = async (): Promise<Instance> => {
    const next = await openInstance(url);
    opened.push(next);
    return next;
  };
  const journal = (): Promise<unknown[][]> =>
    instance.query('SELECT name, checksum, applied_at FROM _migrations ORDER BY name');
  const tables = async (): Promise<unknown[]> => {
    const sql =
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' " +
      "AND name NOT LIKE 'libsql~_%' ESCAPE '~' AND name NOT LIKE '~_migrations%' ESCAPE '~' ORDER BY name";
    return (await instance.query(sql)).map(([name]) => name);
  };

  beforeAll(() => setup.start());
  beforeEach(async () => {
    url = await setup.createUrl();
    instance = await open();
  });
  afterEach(async () => {
    for (const { close } of opened.splice(0)) await close();
  });
  afterAll(() => setup.stop());

  describe('applying', () => {
    it('runs the files in the order of their names and answers the names', async () => {
      const folder = await MigrationFolder.create({
        '0002_tasks.sql': `${tasks}INSERT INTO tasks VALUES (1, 1);`,
        '0001_lists.sql': `${lists}INSERT INTO lists VALUES (1, 'home');`,
      });

      expect(await instance.apply(folder)).toEqual(['0001_lists.sql', '0002_tasks.sql']);
      expect(await instance.query('SELECT count(*) FROM tasks')).toEqual([[1]]);
    });

    it('writes name, checksum and time of each file into the journal', async () => {
      await instance.apply(await MigrationFolder.create({ '0001_lists.sql': lists }));

      const [row] = await journal();
      expect(row?.[0]).toBe('0001_lists.sql');
      expect(row?.[1]).toMatch(/^[0-9a-f]{64}$/);
      expect(Date.now() - Date.parse(row?.[2] as string)).toBeLessThan(60_000);
    });

    it('runs only what the journal does not know', async () => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': lists });
      await instance.apply(folder);
      await folder.write('0002_tasks.sql', tasks);

      expect(await instance.apply(folder)).toEqual(['0002_tasks.sql']);
      expect(await instance.apply(folder)).toEqual([]);
    });

    it('leaves a database alone whose folder is empty', async () => {
      const folder = await MigrationFolder.create({ 'README.md': 'none yet' });

      expect(await instance.apply(folder)).toEqual([]);
      expect(await instance.query("SELECT name FROM sqlite_schema WHERE name = '_migrations'")).toEqual([]);
    });

    it('takes triggers with statements in their bodies, strings and comments with semicolons', async () => {
      const folder = await MigrationFolder.create({
        '0001_log.sql':
          'CREATE TABLE a (x TEXT); -- one; two\nCREATE TABLE log (x TEXT);\n' +
          'CREATE TRIGGER a_log AFTER INSERT ON a BEGIN\n' +
          "  INSERT INTO log VALUES ('in; ' || CASE new.x WHEN 'a' THEN 'A' ELSE 'other' END);\n" +
          "  INSERT INTO log VALUES ('done');\nEND;\n" +
          "INSERT INTO a VALUES ('a');",
      });
      await instance.apply(folder);

      expect(await instance.query('SELECT x FROM log ORDER BY rowid')).toEqual([['in; A'], ['done']]);
    });

    it('knows a file again whose line ends and byte order mark an editor has changed', async () => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': `${lists}SELECT 1;\n` });
      await instance.apply(folder);
      await folder.write('0001_lists.sql', `\uFEFF${lists}SELECT 1;\n`.replaceAll('\n', '\r\n'));

      expect(await instance.apply(folder)).toEqual([]);
    });

    it('warns when numbered files do not run in the order of their numbers', async () => {
      const folder = await MigrationFolder.create({ '2_lists.sql': lists, '10_tasks.sql': tasks });
      await instance.apply(folder);

      expect(instance.reports).toEqual([
        expect.objectContaining({ code: 'MIGRATION_ORDER', message: expect.stringContaining('2_lists.sql') }),
      ]);
    });
  });

  describe('a file that fails', () => {
    const failing = `${lists}\n-- the table is there already\nCREATE TABLE lists (id);`;

    it('is named with statement and line, and keeps kind, code and cause', async () => {
      const error = await errorOf(
        instance.apply(await MigrationFolder.create({ '0001_lists.sql': failing })),
      );

      expect(error).toMatchObject({ kind: 'syntax', code: 'SQLITE_ERROR', outcome: 'not-applied' });
      expect(error.message).toMatch(
        /migration 0001_lists\.sql, statement 2 \(line 4\): .*table lists already exists/,
      );
      expect(error.message).toContain('nothing of this file was kept');
      expect(error.cause).toMatchObject({ statementIndex: 2 });
    });

    it('leaves nothing behind, while the files before it stay', async () => {
      const folder = await MigrationFolder.create({
        '0001_lists.sql': lists,
        '0002_more.sql': 'CREATE TABLE more (x);\nINSERT INTO lists VALUES (1, NULL);',
      });

      await expect(instance.apply(folder)).rejects.toMatchObject({ kind: 'constraint' });
      expect(await tables()).toEqual(['lists']);
      expect(await journal()).toHaveLength(1);
    });

    it('is named with statement and line when the parser refuses it', async () => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': `${lists}\n\nCREATE TABEL x (y);` });

      await expect(instance.apply(folder)).rejects.toThrow(
        /0001_lists\.sql, statement 2 \(line 4\): .*syntax error/,
      );
      expect(await tables()).toEqual([]);
    });

    it('runs once it is put right', async () => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': failing });
      await instance.apply(folder).catch(() => undefined);
      await folder.write('0001_lists.sql', lists);

      expect(await instance.apply(folder)).toEqual(['0001_lists.sql']);
    });

    it.each([
      ['BEGIN', 'BEGIN;\nCREATE TABLE a (x);\nCOMMIT;', 'statement 1 (line 1): BEGIN is not allowed'],
      ['ATTACH', "CREATE TABLE a (x);\nATTACH 'b.db' AS b;", 'statement 2 (line 2): ATTACH is not supported'],
      ['no statement', '-- later\n;;', 'holds no statement'],
    ])('is refused with %s before any file runs', async (_, text, message) => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': lists, '0002_wrong.sql': text });
      const error = await errorOf(instance.apply(folder));

      expect(error).toMatchObject({ name: 'ConfigurationError', code: 'MIGRATION_INVALID' });
      expect(error.message).toContain('0002_wrong.sql');
      expect(error.message).toContain(message);
      expect(await tables()).toEqual([]);
    });
  });

  describe('a folder that does not fit the journal', () => {
    const applied = async (): Promise<MigrationFolder> => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': lists, '0003_tasks.sql': tasks });
      await instance.apply(folder);
      return folder;
    };

    it('is refused when an applied file has changed', async () => {
      const folder = await applied();
      await folder.write('0001_lists.sql', lists.replace('name TEXT', 'title TEXT'));

      await expect(instance.apply(folder)).rejects.toMatchObject({
        code: 'MIGRATION_CHANGED',
        message: expect.stringContaining('0001_lists.sql'),
      });
    });

    it('is refused when an applied file is gone', async () => {
      const folder = await applied();
      await folder.remove('0001_lists.sql');

      await expect(instance.apply(folder, { run: 'check' })).rejects.toMatchObject({
        code: 'MIGRATION_MISSING',
        message: expect.stringContaining('0001_lists.sql'),
      });
    });

    it('is refused when a new file sorts before an applied one', async () => {
      const folder = await applied();
      await folder.write('0002_late.sql', 'CREATE TABLE late (x);');

      await expect(instance.apply(folder)).rejects.toMatchObject({
        code: 'MIGRATION_OUT_OF_ORDER',
        message: expect.stringContaining('0002_late.sql'),
      });
      expect(await tables()).toEqual(['lists', 'tasks']);
    });

    it('is refused when another tool owns the journal table', async () => {
      await instance.query('CREATE TABLE _migrations (file TEXT PRIMARY KEY, applied INTEGER)');

      await expect(instance.apply(await MigrationFolder.create({ '0001_lists.sql': lists }))).rejects.toThrow(
        'the table _migrations belongs to another tool',
      );
    });
  });

  describe('check', () => {
    it('refuses pending files by name and changes nothing', async () => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': lists, '0002_tasks.sql': tasks });

      await expect(instance.apply(folder, { run: 'check' })).rejects.toMatchObject({
        code: 'MIGRATIONS_PENDING',
        message: expect.stringContaining('0001_lists.sql, 0002_tasks.sql'),
      });
      expect(await instance.query('SELECT count(*) FROM sqlite_schema')).toEqual([[0]]);
    });

    it('is content when nothing is pending', async () => {
      const folder = await MigrationFolder.create({ '0001_lists.sql': lists });
      await instance.apply(folder);

      expect(await instance.apply(folder, { run: 'check' })).toEqual([]);
    });
  });

  describe('foreign keys', () => {
    const filled = async (): Promise<MigrationFolder> => {
      const folder = await MigrationFolder.create({
        '0001_lists.sql': `${lists}INSERT INTO lists VALUES (1, 'home'), (2, 'work');`,
        '0002_tasks.sql': `${tasks}INSERT INTO tasks VALUES (1, 1), (2, 1), (3, 2);`,
      });
      await instance.apply(folder);
      return folder;
    };

    it('keeps the rows that reference a table while it is rebuilt', async () => {
      const folder = await filled();
      await folder.write(
        '0003_rebuild.sql',
        'PRAGMA foreign_keys = OFF;\n' +
          'CREATE TABLE new_lists (id INTEGER PRIMARY KEY, title TEXT);\n' +
          'INSERT INTO new_lists SELECT id, name FROM lists;\nDROP TABLE lists;\n' +
          'ALTER TABLE new_lists RENAME TO lists;\nPRAGMA foreign_keys = ON;',
      );
      await instance.apply(folder);

      expect(await instance.query('SELECT count(*) FROM tasks JOIN lists ON lists.id = list_id')).toEqual([
        [3],
      ]);
    });

    it('are enforced again after a file', async () => {
      await filled();

      await expect(instance.query('INSERT INTO tasks VALUES (9, 9)')).rejects.toMatchObject({
        kind: 'constraint',
      });
    });

    it('refuse a file that leaves rows without what they reference', async () => {
      const folder = await filled();
      await folder.write('0003_less.sql', 'DELETE FROM lists WHERE id = 1;');
      const error = await errorOf(instance.apply(folder));

      expect(error).toMatchObject({ kind: 'constraint', extendedCode: 'SQLITE_CONSTRAINT_FOREIGNKEY' });
      expect(error.message).toContain(
        'migration 0003_less.sql: rows are left that reference nothing (tasks -> lists',
      );
      expect(await instance.query('SELECT count(*) FROM lists')).toEqual([[2]]);
      expect(await journal()).toHaveLength(2);
    });

    it('let a file pass that leaves rows as broken as they were', async () => {
      const folder = await filled();
      const broken = { sql: 'DELETE FROM lists WHERE id = 1', args: [] };
      await instance.connection.batch([broken], { mode: 'write', foreignKeys: false }, createDeadline(5_000));
      await folder.write('0003_rename.sql', "UPDATE lists SET name = 'office';");

      expect(await instance.apply(folder)).toEqual(['0003_rename.sql']);
    });

    itShared('are counted by the newest schema, whoever made it', async () => {
      const other = await open();
      await other.query('SELECT count(*) FROM sqlite_schema');
      const folder = await filled();
      const broken = { sql: 'DELETE FROM lists WHERE id = 1', args: [] };
      await instance.connection.batch([broken], { mode: 'write', foreignKeys: false }, createDeadline(5_000));
      await folder.write('0003_rename.sql', "UPDATE lists SET name = 'office';");

      expect(await other.apply(folder)).toEqual(['0003_rename.sql']);
    });

    it('are not checked in a database where SQLite cannot check them', async () => {
      await instance.query('CREATE TABLE parents (code TEXT)');
      await instance.query('CREATE TABLE children (code TEXT REFERENCES parents (code))');

      const folder = await MigrationFolder.create({ '0001_insert.sql': "INSERT INTO parents VALUES ('a');" });
      expect(await instance.apply(folder)).toEqual(['0001_insert.sql']);
    });

    it('refuse a file after which SQLite cannot check them', async () => {
      const folder = await MigrationFolder.create({
        '0001_codes.sql':
          'CREATE TABLE parents (code TEXT); CREATE TABLE children (code TEXT REFERENCES parents (code));\n' +
          "INSERT INTO parents VALUES ('a');",
      });

      await expect(instance.apply(folder)).rejects.toThrow(
        'foreign keys cannot be checked: foreign key mismatch',
      );
      expect(await tables()).toEqual([]);
    });
  });

  describe('several instances', () => {
    const many = async (): Promise<MigrationFolder> => {
      const folder = await MigrationFolder.create({ '0000_runs.sql': 'CREATE TABLE runs (file INTEGER);' });
      for (let file = 1; file <= 5; file++) {
        await folder.write(
          `000${file}_run.sql`,
          `INSERT INTO runs VALUES (${file}); CREATE TABLE t${file} (x);`,
        );
      }
      return folder;
    };

    itShared('that start at once apply each file once', async () => {
      const folder = await many();
      const instances = await Promise.all(Array.from({ length: 10 }, () => open()));

      const applied = await Promise.all(instances.map(({ apply }) => apply(folder)));

      expect(applied.flat().sort()).toEqual((await journal()).map(([name]) => name));
      expect(await instance.query('SELECT file FROM runs ORDER BY file')).toEqual([[1], [2], [3], [4], [5]]);
      expect(instances.flatMap(({ reports }) => reports)).toEqual([]);
    });

    itShared('that start later find nothing to do', async () => {
      const folder = await many();
      await instance.apply(folder);

      expect(await (await open()).apply(folder)).toEqual([]);
    });
  });

  it('ends when its signal fires', async () => {
    const folder = await MigrationFolder.create({ '0001_lists.sql': lists });

    await expect(instance.apply(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      kind: 'aborted',
    });
    expect(await tables()).toEqual([]);
  });
});
