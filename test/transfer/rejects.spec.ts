import { describe, expect, it } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { exitCodeOf, exitCodes } from '../../lib/cli/exit-codes.js';
import { copyDatabase, planTransfer, type CopyOptions, type Reject } from '../../lib/transfer/index.js';
import { dropCheckpoint } from '../../lib/transfer/target/checkpoint.js';
import type { Fault } from '../support/fault-proxy.js';
import { createSource } from './support/create-source.js';
import { createSourceWithBadRows } from './support/sources.js';
import { useTransferRoom } from './support/transfer-room.js';
import { rewriteSchema } from './traps/trap.js';

const room = useTransferRoom();

describe('rows that the target refuses', () => {
  it('stop the copy with the place of the first one', async () => {
    const source = await createSourceWithBadRows();

    const copying = copyDatabase({ source, target: { url: room.server.url } });

    await expect(copying).rejects.toMatchObject({ cause: { code: 'TRANSFER_BAD_ROW' } });
    await expect(copying).rejects.toThrow(
      'refuses row 3 of table t in the order of its key (SQLITE_CONSTRAINT_CHECK)',
    );
  });

  it('are named without their values', async () => {
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (k TEXT PRIMARY KEY, n CHECK (n > 0)) WITHOUT ROWID');
      db.pragma('ignore_check_constraints = ON');
      db.exec(`INSERT INTO t VALUES ('fine', 1), ('secret@example.org', 0)`);
    });

    const error = await copyDatabase(to(room.server.url, source)).catch((reason: unknown) => reason as Error);

    expect(error).toMatchObject({ cause: { code: 'TRANSFER_BAD_ROW' } });
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  });

  const faults: [string, Fault][] = [
    ['before', { kind: 'reset-before-forward' }],
    ['behind', { kind: 'reset-after-forward' }],
  ];
  it.each(faults)(
    'are listed once each, also when a connection is cut %s their commit',
    async (_name, fault) => {
      const source = await createSourceWithBadRows(40);
      room.proxy.inject(fault, {
        requests: 5,
        when: (request) => request.includes('INTO nestjs_turso_transfer_rejects'),
      });

      const report = await copyDatabase({ ...to(room.proxy.url, source), onBadRow: 'quarantine' });

      const expected = Array.from({ length: 13 }, (_, index) => (index + 1) * 3);
      expect(report.rejects.map(({ key }) => key)).toEqual(expected.map((id) => `"id" = ${id}`));
      expect(report.rejects.map(({ row }) => row)).toEqual(expected.map((id) => id - 1));
      expect(report.verification.equal).toBe(true);
      expect(report.rows).toBe(28);
      expect(await listed(source)).toEqual(report.rejects);
      expect(await room.target.all('SELECT count(*) FROM t')).toEqual([[27]]);
    },
  );

  it('are left out one by one while other pieces are on their way', async () => {
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n CHECK (n > 0)); CREATE TABLE u (a)');
      db.pragma('ignore_check_constraints = ON');
      db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 21000)
        INSERT INTO t SELECT i, i NOT IN (1, 4100, 4101, 20999) FROM n; INSERT INTO u VALUES (1)`);
    });

    const report = await copyDatabase({ ...to(room.server.url, source), onBadRow: 'quarantine' });

    expect(report.rejects.map(({ key }) => key)).toEqual([1, 4100, 4101, 20999].map((id) => `"id" = ${id}`));
    expect(report.verification.equal).toBe(true);
    expect(await room.target.all('SELECT count(*), count(DISTINCT id) FROM t')).toEqual([[20996, 20996]]);
  });

  it('are listed once each across a resume', async () => {
    const source = await createSourceWithBadRows(40);
    const stopping = new AbortController();
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'rows') stopping.abort();
    };
    const options: CopyOptions = { ...to(room.server.url, source), onBadRow: 'quarantine' };
    await copyDatabase({ ...options, signal: stopping.signal, onProgress }).catch(() => undefined);

    const { rejects, verification } = await copyDatabase({ ...options, resume: true });

    expect([rejects.length, verification.equal]).toEqual([13, true]);
  });

  it('may be too long', async () => {
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (a, b)');
      for (const bytes of [10, 5_000_100, 20, 4_999_995])
        db.prepare('INSERT INTO t VALUES (?, NULL)').run(Buffer.alloc(bytes));
    });

    const report = await copyDatabase({ ...to(room.server.url, source), onBadRow: 'quarantine' });

    expect(report.notes).toMatchObject([{ kind: 'value-too-large', object: 't' }]);
    expect(report.rejects.map(({ key }) => key)).toEqual(['rowid = 2', 'rowid = 4']);
    expect(await room.target.all('SELECT rowid, length(a) FROM t')).toEqual([
      [1, 10],
      [3, 20],
    ]);
  });

  it('are not dropped without a word by a clause of their table', async () => {
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1), (2, NULL), (3, 3)');
      rewriteSchema(db, 't', 'a)', 'a NOT NULL ON CONFLICT IGNORE)');
    });

    const copying = copyDatabase(to(room.server.url, source));

    await expect(copying).rejects.toThrow(
      'refuses row 2 of table t in the order of its key (SQLITE_CONSTRAINT_NOTNULL)',
    );
  });

  it('stay listed when only clearing away is left', async () => {
    const source = await createSourceWithBadRows();
    const options: CopyOptions = { ...to(room.proxy.url, source), onBadRow: 'quarantine', patienceMs: 300 };
    const clears = (request: string): boolean =>
      request.includes('DROP TABLE IF EXISTS nestjs_turso_transfer');
    room.proxy.inject({ kind: 'reset-after-forward' }, { when: clears });
    await expect(copyDatabase(options)).rejects.toMatchObject({ code: 'TRANSFER_INTERRUPTED' });
    room.proxy.clear();

    const report = await copyDatabase({ ...options, resume: true });

    expect([report.rejects.length, report.verification.equal]).toEqual([3, true]);
    expect(await room.target.all(`SELECT name FROM sqlite_schema WHERE name LIKE 'nestjs%'`)).toEqual([]);
    expect(await listed(source)).toEqual(report.rejects);
  });

  it('are no excuse for a statement that fails for every row', async () => {
    const source = await createSourceWithBadRows();
    const options: CopyOptions = { ...to(room.server.url, source), onBadRow: 'quarantine' };
    const stopping = new AbortController();
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'rows') stopping.abort();
    };
    await copyDatabase({ ...options, signal: stopping.signal, onProgress }).catch(() => undefined);
    await room.target.run('DROP TABLE u');

    const copying = copyDatabase({ ...options, resume: true });

    await expect(copying).rejects.toMatchObject({ code: 'TRANSFER_INTERRUPTED', cause: { kind: 'syntax' } });
  });
});

it('an index that the target computes in another way ends the copy with its name, for good', async () => {
  // this SQLite writes seventeen digits of a number, that of the server fifteen
  const source = await createSource((db) =>
    db.exec(
      `CREATE TABLE t (a REAL); INSERT INTO t VALUES (0.1 + 0.2), (0.3); CREATE UNIQUE INDEX i ON t (a || '')`,
    ),
  );

  const copying = copyDatabase(to(room.server.url, source));

  await expect(copying).rejects.toMatchObject({ code: 'TRANSFER_BAD_DEFINITION', kind: 'constraint' });
  const error = (await copying.catch((reason: unknown) => reason)) as Error;
  expect(error.message).toContain('refuses the index i,');
  expect(exitCodeOf(error)).toBe(exitCodes.conflict);

  // the way out that the message tells
  const { path = '' } =
    /remove (?<path>\S+), copy again, without a resume, to an empty/.exec(error.message)?.groups ?? {};
  const db = new BetterSqlite3(source);
  db.exec('DROP INDEX i');
  db.close();
  await expect(copyDatabase(to(room.server.url, source))).rejects.toThrow(`${path}: resume it, or,`);
  await rm(path, { recursive: true });
  await room.target.run('DROP TABLE t', ...dropCheckpoint().map(({ sql = '' }) => sql));
  expect((await copyDatabase(to(room.server.url, source))).verification.equal).toBe(true);
});

it('an index that the target computes in another way leaves what else it holds to a copy beside it', async () => {
  const source = await createSource((db) =>
    db.exec(
      `CREATE TABLE t (a REAL); INSERT INTO t VALUES (0.1 + 0.2), (0.3); CREATE UNIQUE INDEX i ON t (a || '')`,
    ),
  );
  await room.target.run('CREATE TABLE theirs (a)');

  const copying = copyDatabase({ ...to(room.server.url, source), intoNonEmpty: true });

  await expect(copying).rejects.toThrow('drop on the target what this copy made there');
});

describe('a resume that finds no record', () => {
  const tellsOfEnd = 'or the copy was complete: run "verify"';

  it.each<[string, Partial<CopyOptions>, string]>([
    ['', {}, 'TRANSFER_REFUSED'],
    [' and was kept open', { keepOpen: true }, 'TRANSFER_CONFLICT'],
    [' beside other objects', { intoNonEmpty: true }, 'TRANSFER_REFUSED'],
  ])('says that the copy may have ended: one that has%s', async (_name, more, code) => {
    const source = await createSource((db) => db.exec('CREATE TABLE t (a)'));
    const options = { ...to(room.server.url, source), ...more };
    await copyDatabase(options);

    const message = expect.stringContaining(tellsOfEnd);
    await expect(copyDatabase({ ...options, resume: true })).rejects.toMatchObject({ code, message });
    const other = expect.not.objectContaining({ message });
    await expect(copyDatabase(options)).rejects.toEqual(other);
  });
});

describe('a source that is written during the copy', () => {
  it.each(['WAL', 'DELETE'])(
    'stays undisturbed in mode %s, and the copy is that of the beginning',
    async (mode) => {
      const source = await createSource((db) => {
        db.pragma(`journal_mode = ${mode}`);
        db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, n); WITH RECURSIVE n(i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) INSERT INTO t SELECT i, 0 FROM n`);
      });
      const db = new BetterSqlite3(source, { timeout: 0 });
      let writes = 0;
      const onProgress = ({ stage }: { stage: string }): void => {
        if (stage === 'snapshot') return;
        db.exec(`UPDATE t SET n = n + 1; INSERT INTO t (n) VALUES (${writes++})`);
      };

      const report = await copyDatabase({ ...to(room.server.url, source), onProgress });
      db.close();

      expect(report.verification.equal).toBe(true);
      expect(writes).toBeGreaterThan(3);
      expect(await room.target.all('SELECT count(*), sum(n), max(id) FROM t')).toEqual([[9000, 0, 9000]]);
    },
  );
});

describe('a plan', () => {
  it('refuses a target that holds anything, and leaves it as it is', async () => {
    const source = await createSourceWithBadRows();
    await room.target.run('CREATE TABLE precious (a)', 'INSERT INTO precious VALUES (1)');

    const { problems } = await planTransfer(to(room.server.url, source));

    expect(problems.map(({ kind }) => kind)).toEqual(['target-not-empty']);
    await expect(copyDatabase(to(room.server.url, source))).rejects.toMatchObject({
      code: 'TRANSFER_REFUSED',
    });
    expect(await room.target.all('SELECT * FROM precious')).toEqual([[1]]);
  });

  it('leaves nothing behind on either side', async () => {
    const source = await createSourceWithBadRows();

    const plan = await planTransfer(to(room.server.url, source));

    expect(plan).toMatchObject({
      tables: [
        { name: 't', rows: 10 },
        { name: 'u', rows: 1 },
      ],
      problems: [],
      notes: [],
    });
    expect(await room.target.all('SELECT * FROM sqlite_schema')).toEqual([]);
    await expect(readFile(`${source}.transfer/snapshot.db`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('asks about many triggers in one answer', async () => {
    const source = await createSource((db) => {
      db.exec('CREATE TABLE t (a, b, c); CREATE TABLE u (a UNIQUE, b, c)');
      const body = `INSERT INTO u VALUES (new.a, new.b, new.c); DELETE FROM u WHERE a = new.b;`.repeat(10);
      for (let n = 0; n < 60; n++) db.exec(`CREATE TRIGGER r${n} AFTER INSERT ON t BEGIN ${body} END`);
    });

    expect(await planTransfer(to(room.server.url, source))).toMatchObject({ triggers: 60, problems: [] });
  });

  it('tells what stays behind', async () => {
    const source = await createSource((db) =>
      db.exec('CREATE TABLE t (a); CREATE TABLE _litestream_seq (a)'),
    );

    const { tables, notes } = await planTransfer(to(room.server.url, source));

    expect(tables).toEqual([{ name: 't', rows: 0 }]);
    expect(notes).toMatchObject([{ kind: 'server-table', object: '_litestream_seq' }]);
  });

  it('keeps what else lies in the folder of the snapshot', async () => {
    const source = await createSourceWithBadRows();

    await mkdir(`${source}.work`);
    await writeFile(`${source}.work/mine.txt`, 'mine');

    await planTransfer({ ...to(room.server.url, source), workFolder: `${source}.work` });

    expect(await readFile(`${source}.work/mine.txt`, 'utf8')).toBe('mine');
  });
});

function to(url: string, source: string): CopyOptions {
  return { source, target: { url } };
}

async function listed(source: string): Promise<Reject[]> {
  const text = await readFile(`${source}.rejects.jsonl`, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Reject);
}
