import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import type { ResultSet, Value } from '@libsql/core/api';
import { createConnection } from '../../lib/index.js';
import { createTempDatabase } from '../support/temp-database.js';
import { shareOfRuns } from './check-schedules.js';

/** Ways to conflict, each of which leaves something else behind when it fails. */
const tables = [
  `CREATE TABLE items (
     id INTEGER PRIMARY KEY, k TEXT UNIQUE, n INTEGER NOT NULL CHECK (n <= 9), parent INTEGER REFERENCES items (id)
   )`,
  'CREATE TABLE log (entry TEXT)',
  `CREATE TRIGGER items_rollback BEFORE INSERT ON items WHEN new.n = 7 BEGIN SELECT RAISE(ROLLBACK, 'seven'); END`,
  `CREATE TRIGGER items_fail AFTER INSERT ON items WHEN new.n = 6
     BEGIN INSERT INTO log VALUES ('six ' || new.k); SELECT RAISE(FAIL, 'six'); END`,
  `CREATE TRIGGER items_abort AFTER UPDATE ON items WHEN new.n = 5 BEGIN SELECT RAISE(ABORT, 'five'); END`,
  `CREATE TRIGGER items_log AFTER INSERT ON items BEGIN INSERT INTO log VALUES (new.k || new.n); END`,
];
const withDeferredKeys = [
  ...tables,
  'CREATE TABLE children (id INTEGER PRIMARY KEY, item INTEGER REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED)',
];

const conflict = fc.constantFrom(
  '',
  '',
  ' OR IGNORE',
  ' OR REPLACE',
  ' OR FAIL',
  ' OR ABORT',
  ' OR ROLLBACK',
);
const key = fc.constantFrom('a', 'b', 'c', 'd');
const number = fc.integer({ min: 1, max: 10 });
const id = fc.integer({ min: 1, max: 6 });
const returning = fc.constantFrom('', '', ' RETURNING id, k, n');

const inserts = fc
  .tuple(conflict, fc.array(fc.tuple(key, number), { minLength: 1, maxLength: 3 }), returning)
  .map(([or, rows, back]) => {
    const values = rows.map(([k, n]) => `('${k}', ${n})`).join(', ');
    return `INSERT${or} INTO items (k, n) VALUES ${values}${back}`;
  });
const updates = fc
  .tuple(conflict, number, key, returning)
  .map(([or, n, k, back]) => `UPDATE${or} items SET n = n + ${n}, k = '${k}' WHERE id <= ${n}${back}`);
const others = fc.oneof(
  fc.tuple(key, number).map(([k, n]) => `REPLACE INTO items (k, n) VALUES ('${k}', ${n})`),
  fc
    .tuple(key, number)
    .map(
      ([k, n]) => `INSERT INTO items (k, n) VALUES ('${k}', ${n}) ON CONFLICT (k) DO UPDATE SET n = n + 1`,
    ),
  fc.tuple(key, returning).map(([k, back]) => `DELETE FROM items WHERE k = '${k}'${back}`),
  fc.tuple(id, id).map(([one, two]) => `UPDATE items SET parent = ${one} WHERE id = ${two}`),
  fc.tuple(id).map(([one]) => `DELETE FROM items WHERE id = ${one}`),
  fc.constantFrom(
    'INSERT INTO items SET k',
    "INSERT INTO items (id, k, n) VALUES ('x', 'x', 1)",
    'INSERT INTO nothing VALUES (1)',
    "INSERT INTO log SELECT 'counted ' || count(*) FROM items",
  ),
);
const deferred = fc.oneof(
  fc.tuple(id, id).map(([child, item]) => `INSERT OR REPLACE INTO children VALUES (${child}, ${item})`),
  fc.tuple(id).map(([child]) => `DELETE FROM children WHERE id = ${child}`),
);

interface SharedSchedule {
  readonly schema: readonly string[];
  readonly statements: readonly string[];
}

const list = (statement: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(statement, { minLength: 2, maxLength: 14 });
const anyStatement = fc.oneof(
  { arbitrary: inserts, weight: 5 },
  { arbitrary: updates, weight: 2 },
  { arbitrary: others, weight: 3 },
);
const schedules: fc.Arbitrary<SharedSchedule> = fc.oneof(
  { arbitrary: fc.record({ schema: fc.constant(tables), statements: list(anyStatement) }), weight: 4 },
  {
    arbitrary: fc.record({
      schema: fc.constant(withDeferredKeys),
      statements: list(fc.oneof(anyStatement, deferred)),
    }),
    weight: 1,
  },
);

/** Rows, changed rows and the last rowid, or the code of the error. */
type Answer = string;

const contents = ['SELECT * FROM items ORDER BY id', 'SELECT rowid, entry FROM log'];

/** What a database answers that serves one after the other, and what is in it then. */
function runSerially({ schema, statements }: SharedSchedule): Answer[] {
  const db = new BetterSqlite3(':memory:');
  db.pragma('foreign_keys = ON');
  for (const sql of schema) db.exec(sql);
  const answers = statements.map((sql) => {
    try {
      const statement = db.prepare(sql);
      return statement.reader ? JSON.stringify(statement.raw().all()) : `${statement.run().changes} changed`;
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  answers.push(...contents.map((sql) => JSON.stringify(db.prepare(sql).raw().all())));
  db.close();
  return answers;
}

const lists = ({ rows }: ResultSet): string =>
  JSON.stringify(rows.map((row) => Array.from(row as unknown as ArrayLike<Value>)));

async function readAnswer(call: Promise<ResultSet>): Promise<Answer> {
  try {
    const result = await call;
    return result.columns.length > 0 ? lists(result) : `${result.rowsAffected} changed`;
  } catch (error) {
    const { extendedCode, code } = error as { extendedCode?: string; code: string };
    return extendedCode ?? code;
  }
}

/**
 * Runs random lists of writes that all wait at once, and holds the answers and the contents against those of a database that runs
 * them one after the other.
 * @returns a reproduction of the first list that differs
 */
export async function checkSharedCommits(runs = shareOfRuns(2_000)): Promise<string | undefined> {
  const { url } = await createTempDatabase();
  const db = createConnection({ url, sqlite: { synchronous: 'off' }, queryTimeoutMs: 60_000 });
  const runOne = async (schedule: SharedSchedule): Promise<void> => {
    const drops = ['children', 'items', 'log'].map((table) => `DROP TABLE IF EXISTS ${table}`);
    await db.migrate([...drops, ...schedule.schema]);
    const answers = await Promise.all(schedule.statements.map((sql) => readAnswer(db.execute(sql))));
    for (const sql of contents) answers.push(lists(await db.execute(sql)));
    const expected = runSerially(schedule);
    const wrong = expected.findIndex((answer, index) => answers[index] !== answer);
    if (wrong >= 0) throw new Error(`number ${wrong}: ${answers[wrong]} instead of ${expected[wrong]}`);
  };
  try {
    const seed = process.env['MODEL_SEED'] === 'random' ? Math.floor(Math.random() * 2 ** 31) : 20_240_607;
    const details = await fc.check(fc.asyncProperty(schedules, runOne), { seed, numRuns: runs });
    return details.failed
      ? `${String(details.errorInstance)}\n${details.counterexample?.[0].statements.join(';\n')}`
      : undefined;
  } finally {
    await db.close();
  }
}
