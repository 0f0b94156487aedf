import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection, type DatabaseConnection } from '../../lib/index.js';
import { failureOf, readValue } from '../contract/facts.js';
import { startSqld, type SqldServer } from '../support/sqld-server.js';
import { pageOf } from './pages.js';

interface Row {
  readonly sql: string;
  readonly sqlite: string;
  readonly sqld: string;
}

const rowsOf = (name: string): Row[] => {
  const { text } = pageOf('docs/semantics.md');
  const table = text.split(`<!-- ${name}:start -->`)[1]?.split(`<!-- ${name}:end -->`)[0] ?? '';
  const lines = table.trim().split('\n').slice(2);
  const cells = lines.map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  return cells.map(([, sql = '', sqlite = '', sqld = '']) => ({
    sql: unquoted(sql).replaceAll('\\|', '|'),
    sqlite: unquoted(sqlite),
    sqld: unquoted(sqld),
  }));
};

function unquoted(cell: string): string {
  return cell.replace(/^`|`$/g, '');
}

let server: SqldServer;
let sqlite: DatabaseConnection;
let sqld: DatabaseConnection;

beforeAll(async () => {
  server = await startSqld();
  sqlite = createConnection({ url: ':memory:' });
  sqld = createConnection({ url: server.url });
  for (const db of [sqlite, sqld]) {
    await db.migrate([
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)',
      "INSERT INTO t (a) VALUES ('x'), ('y')",
    ]);
  }
});
afterAll(async () => {
  await Promise.all([sqlite.close(), sqld.close()]);
  await server.stop();
});

/** As the page says it: `runs`, or the code of the error. */
async function tryOn(db: DatabaseConnection, sql: string): Promise<string> {
  const { code, kind, outcome } = await db.execute(sql).then(
    () => ({ code: 'runs', kind: 'syntax', outcome: 'not-applied' }),
    () => failureOf(db.execute(sql)),
  );
  return kind === 'syntax' && outcome === 'not-applied' ? code : `${code}, ${kind}, ${outcome}`;
}

describe('the page about semantics', () => {
  it.each(rowsOf('backends').map((row) => [row.sql, row] as const))(
    'says on which backend %s runs, and how it is refused',
    async (sql, row) => {
      expect([await tryOn(sqlite, sql), await tryOn(sqld, sql)]).toEqual([row.sqlite, row.sqld]);
    },
  );

  it.each(rowsOf('engines').map((row) => [row.sql, row] as const))('says what %s is', async (sql, row) => {
    const select = `SELECT ${sql}`;
    const values = [await readValue(sqlite, select), await readValue(sqld, select)];

    expect(values.map((value) => JSON.stringify(value))).toEqual([row.sqlite, row.sqld]);
  });

  it('has rows in both tables', () => {
    expect([rowsOf('backends').length, rowsOf('engines').length]).toEqual([20, 6]);
  });

  it('says that median is the same', async () => {
    const median = 'SELECT median(value) FROM json_each(?)';
    const values = [sqlite, sqld].map((db) => readValue(db, median, ['[1, 2, 10]']));

    expect(await Promise.all(values)).toEqual([2, 2]);
  });

  it('says which row an upsert that updates tells', async () => {
    const insert = "INSERT INTO u (id, a) VALUES (70, 'z')";
    const upsert = "INSERT INTO u (a) VALUES ('x') ON CONFLICT (a) DO UPDATE SET a = 'x'";
    const rows = async (db: DatabaseConnection) => {
      await db.migrate([
        'CREATE TABLE u (id INTEGER PRIMARY KEY, a UNIQUE)',
        "INSERT INTO u (a) VALUES ('x')",
      ]);
      const alone = await db.execute(upsert);
      const [, second] = await db.batch([insert, upsert], 'write');
      return [alone.lastInsertRowid, second?.lastInsertRowid];
    };

    expect(await rows(sqlite)).toEqual([0n, 0n]);
    expect(await rows(sqld)).toEqual([0n, 70n]);
  });

  it('says which one of two mistakes in a batch is named', async () => {
    const mistakes = ["INSERT INTO t (a) VALUES ('new')", "INSERT INTO t (a) VALUES ('y')", 'SELEC 1'];
    const named = async (db: DatabaseConnection) => {
      const failure = await failureOf(db.batch(mistakes, 'write'));
      const kept = await readValue(db, "SELECT count(*) FROM t WHERE a = 'new'");
      return [failure.kind, (failure as { statementIndex?: number }).statementIndex, kept];
    };

    expect(await named(sqlite)).toEqual(['constraint', 1, 0]);
    expect(await named(sqld)).toEqual(['syntax', 2, 0]);
  });

  it('says that the error of a server names the backend, and shows nothing of the statement', async () => {
    const failure = await failureOf(sqld.execute("VACUUM INTO '/s3cret/path'"));

    expect(failure).toMatchObject({
      code: 'STATEMENT_NOT_SUPPORTED',
      kind: 'syntax',
      outcome: 'not-applied',
    });
    expect(failure.message).toContain('turso');
    expect(failure.message).not.toContain('s3cret');
  });
});
