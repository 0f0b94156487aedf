import { beforeEach, describe, expect, it } from '@jest/globals';
import { copyDatabase, planTransfer, verifyTransfer, type CopyOptions } from '../../lib/transfer/index.js';
import { createSource } from './support/create-source.js';
import { runCli } from './support/run-cli.js';
import { createLongSource } from './support/sources.js';
import { useTransferRoom } from './support/transfer-room.js';

const room = useTransferRoom();

/** What somebody else keeps on the server. */
const theirs = [
  'PRAGMA foreign_keys = OFF',
  'CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, age CHECK (age > 0))',
  'CREATE TABLE log (user_id REFERENCES nowhere (id))',
  'CREATE TRIGGER note AFTER INSERT ON users BEGIN INSERT INTO log VALUES (new.id); END',
  `INSERT INTO users VALUES (7, 'ada', 36)`,
  'UPDATE sqlite_sequence SET seq = 50',
  'PRAGMA user_version = 3',
];

const askTheirs = (): Promise<unknown[][][]> =>
  Promise.all(
    [
      'SELECT * FROM users',
      'SELECT * FROM log',
      `SELECT seq FROM sqlite_sequence WHERE name = 'users'`,
      `SELECT sql FROM sqlite_schema WHERE name IN ('users', 'log', 'note') ORDER BY name`,
      'PRAGMA user_version',
    ].map((sql) => room.target.all(sql)),
  );

let before: unknown[][][];

beforeEach(async () => {
  await room.target.run(...theirs);
  before = await askTheirs();
});

function to(source: string): CopyOptions {
  return { source, target: { url: room.server.url }, intoNonEmpty: true };
}

describe('a copy into a database that is not empty', () => {
  it('leaves alone and uncompared what is there', async () => {
    const source = await createSource((db) =>
      db.exec(`CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO notes VALUES (9, 'x');
        CREATE TABLE gone (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO gone VALUES (1); DROP TABLE gone;
        UPDATE sqlite_sequence SET seq = 99 WHERE name = 'notes'; INSERT INTO sqlite_sequence VALUES ('users', 1);
        CREATE INDEX by_a ON notes (a); PRAGMA user_version = 8`),
    );

    const { verification, notes } = await copyDatabase(to(source));

    expect(verification).toMatchObject({ equal: true, tables: [{ name: 'notes', rows: 1 }] });
    expect(notes.map(({ kind }) => kind)).toEqual(['user-version']);
    expect(await askTheirs()).toEqual(before);
    expect(await room.target.all(`SELECT seq FROM sqlite_sequence WHERE name = 'notes'`)).toEqual([[99]]);
    expect((await verifyTransfer(to(source))).equal).toBe(true);
    expect((await verifyTransfer({ ...to(source), intoNonEmpty: false })).equal).toBe(false);
  });

  it('is refused with every name that is taken, in any case', async () => {
    const source = await createSource((db) =>
      db.exec(`CREATE TABLE USERS (a); CREATE TABLE other (a); CREATE INDEX log ON other (a);
        CREATE TRIGGER Note AFTER INSERT ON other BEGIN SELECT 1; END; CREATE VIEW fine AS SELECT 1`),
    );

    const { problems } = await planTransfer(to(source));
    const cli = await runCli(['copy', source, room.server.url, '--into-non-empty']);

    expect(problems.map(({ kind, object }) => [kind, object])).toEqual([
      ['name-taken', 'USERS'],
      ['name-taken', 'log'],
      ['name-taken', 'Note'],
    ]);
    expect([cli.exitCode, /name-taken USERS/.test(cli.stderr)]).toEqual([1, true]);
    expect(await askTheirs()).toEqual(before);
  });

  it('goes on where it was interrupted, when it is told the same', async () => {
    const source = await createLongSource();
    const stopping = new AbortController();
    const onProgress: CopyOptions['onProgress'] = ({ stage }) => stage === 'rows' && stopping.abort();
    await expect(copyDatabase({ ...to(source), signal: stopping.signal, onProgress })).rejects.toMatchObject({
      code: 'TRANSFER_INTERRUPTED',
    });

    await expect(copyDatabase({ ...to(source), resume: true, intoNonEmpty: false })).rejects.toMatchObject({
      code: 'TRANSFER_OPTION_INVALID',
    });
    const { verification } = await copyDatabase({ ...to(source), resume: true });

    expect(verification.differences).toEqual([]);
    expect(await askTheirs()).toEqual(before);
  });

  it('is not equal when somebody puts an index or a row into what was copied', async () => {
    const source = await createSource((db) =>
      db.exec('CREATE TABLE notes (a); INSERT INTO notes VALUES (1)'),
    );
    await copyDatabase(to(source));

    await room.target.run('CREATE INDEX strange ON notes (a)', 'INSERT INTO notes VALUES (2)');
    const { differences } = await verifyTransfer(to(source));

    expect(differences.map(({ kind, object }) => [kind, object])).toEqual([
      ['object-extra', 'strange'],
      ['row-extra', 'notes'],
    ]);
  });

  it('is not equal when somebody puts a trigger on what was copied, however he spells it', async () => {
    const source = await createSource((db) =>
      db.exec('CREATE TABLE notes (a); CREATE VIEW shown AS SELECT a FROM notes'),
    );
    await copyDatabase(to(source));
    await room.target.run('CREATE TRIGGER one AFTER INSERT ON NOTES BEGIN DELETE FROM notes; END');
    await room.target.run('CREATE TRIGGER two INSTEAD OF INSERT ON Shown BEGIN DELETE FROM notes; END');

    const { differences } = await verifyTransfer(to(source));

    expect(differences.map(({ kind, object }) => `${kind} ${object}`)).toEqual([
      'object-extra one',
      'object-extra two',
    ]);
  });

  it('is not equal where a reference finds its row in a table of somebody else alone', async () => {
    const source = await createSource((db) =>
      db.exec(
        'PRAGMA foreign_keys = OFF; CREATE TABLE notes (user_id REFERENCES users (id)); INSERT INTO notes VALUES (7)',
      ),
    );

    const cli = await runCli(['copy', source, room.server.url, '--into-non-empty']);

    expect([cli.exitCode, /foreign-keys notes/.test(cli.stdout + cli.stderr)]).toEqual([3, true]);
    expect(await room.target.all('SELECT user_id FROM notes')).toEqual([[7]]);
  });

  it('is refused where it is not asked for, and where a sync is to follow', async () => {
    const source = await createSource((db) => db.exec('CREATE TABLE notes (a)'));

    await expect(copyDatabase({ ...to(source), intoNonEmpty: false })).rejects.toMatchObject({
      problems: [{ kind: 'target-not-empty' }],
    });
    await expect(copyDatabase({ ...to(source), keepOpen: true })).rejects.toMatchObject({
      code: 'TRANSFER_OPTION_INVALID',
    });
  });
});
