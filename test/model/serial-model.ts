import type { ModelStatement } from './schedule.js';

export interface ModelRow {
  readonly id: number;
  readonly k: string;
  readonly n: number;
  readonly op: string;
}

/** The database of the model: its rows by id, and the log that triggers write with every change of a row. */
export interface ModelState {
  readonly rows: readonly ModelRow[];
  readonly log: readonly string[];
  /** The transaction is over, and nothing of it is kept. */
  readonly lost: boolean;
}

/** What a statement does to a state: its answer as JSON, or the kind of its error. */
export interface Effect {
  readonly state: ModelState;
  readonly value?: string;
  readonly error?: 'constraint' | 'syntax';
}

export const emptyState: ModelState = { rows: [], log: [], lost: false };

/** The tables of the model. Triggers log every change with the name of the statement that made it. */
export const schema = [
  `CREATE TABLE items (
     id INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE, n INTEGER NOT NULL CHECK (n <= 9), op TEXT NOT NULL
   )`,
  'CREATE TABLE log (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL)',
  `CREATE TRIGGER items_insert AFTER INSERT ON items
     BEGIN INSERT INTO log (entry) VALUES (new.op || ' ' || new.k); END`,
  `CREATE TRIGGER items_update AFTER UPDATE ON items
     BEGIN INSERT INTO log (entry) VALUES (new.op || ' ' || new.k); END`,
  `CREATE TRIGGER items_delete AFTER DELETE ON items
     BEGIN INSERT INTO log (entry) VALUES ('-' || old.op || ' ' || old.k); END`,
];

/** A statement of the model in SQL. */
export function toSql(
  { kind, k, n }: ModelStatement,
  op: string,
): { sql: string; args: (string | number)[] } {
  const insert = 'INTO items (k, n, op) VALUES (?, ?, ?)';
  switch (kind) {
    case 'insert':
      return { sql: `INSERT ${insert}`, args: [k, n, op] };
    case 'insert-or-ignore':
      return { sql: `INSERT OR IGNORE ${insert}`, args: [k, n, op] };
    case 'insert-or-rollback':
      return { sql: `INSERT OR ROLLBACK ${insert}`, args: [k, n, op] };
    case 'upsert':
      return {
        sql: `INSERT ${insert} ON CONFLICT (k) DO UPDATE SET n = n + excluded.n, op = excluded.op`,
        args: [k, n, op],
      };
    case 'add':
      return { sql: 'UPDATE items SET n = n + ?, op = ? WHERE k = ? RETURNING id, n', args: [n, op, k] };
    case 'add-to-all':
      return { sql: 'UPDATE items SET n = n + ?, op = ?', args: [n, op] };
    case 'delete':
      return { sql: 'DELETE FROM items WHERE k = ? RETURNING op', args: [k] };
    case 'get':
      return { sql: 'SELECT id, n, op FROM items WHERE k = ?', args: [k] };
    case 'list':
      return { sql: 'SELECT id, k, n, op FROM items ORDER BY id', args: [] };
    case 'insert-null':
      return { sql: 'INSERT INTO items (k, n, op) VALUES (NULL, ?, ?)', args: [n, op] };
    case 'syntax-error':
      return { sql: 'INSERT INTO items SET k = 1', args: [] };
  }
}

/** Every answer in one form: rows, how many were changed, the id of an inserted row. */
export function toAnswer(rows: readonly unknown[][], changed: number, id: number | null): string {
  return JSON.stringify([rows, changed, id]);
}

/** Runs one statement on a state. */
export function applyStatement(state: ModelState, { kind, k, n }: ModelStatement, op: string): Effect {
  const found = state.rows.find((row) => row.k === k);
  switch (kind) {
    case 'insert':
    case 'insert-or-rollback':
      return found === undefined ? insert(state, k, n, op) : { state, error: 'constraint' };
    case 'insert-or-ignore':
      return found === undefined ? insert(state, k, n, op) : { state, value: toAnswer([], 0, 0) };
    case 'upsert':
      if (found === undefined) return { ...insert(state, k, n, op), value: toAnswer([], 1, null) };
      return update(state, [found], n, op, () => toAnswer([], 1, null));
    case 'add':
      return update(state, found === undefined ? [] : [found], n, op, (rows) =>
        toAnswer(
          rows.map((row) => [row.id, row.n]),
          rows.length,
          null,
        ),
      );
    case 'add-to-all':
      return update(state, state.rows, n, op, (rows) => toAnswer([], rows.length, null));
    case 'delete':
      if (found === undefined) return { state, value: toAnswer([], 0, null) };
      return {
        state: {
          ...state,
          rows: state.rows.filter((row) => row !== found),
          log: [...state.log, `-${found.op} ${k}`],
        },
        value: toAnswer([[found.op]], 1, null),
      };
    case 'get':
      return {
        state,
        value: toAnswer(found === undefined ? [] : [[found.id, found.n, found.op]], 0, null),
      };
    case 'list':
      return {
        state,
        value: toAnswer(
          state.rows.map((row) => [row.id, row.k, row.n, row.op]),
          0,
          null,
        ),
      };
    case 'insert-null':
      return { state, error: 'constraint' };
    case 'syntax-error':
      return { state, error: 'syntax' };
  }
}

function insert(state: ModelState, k: string, n: number, op: string): Effect {
  const id = (state.rows.at(-1)?.id ?? 0) + 1;
  return {
    state: { ...state, rows: [...state.rows, { id, k, n, op }], log: [...state.log, `${op} ${k}`] },
    value: toAnswer([], 1, id),
  };
}

function update(
  state: ModelState,
  targets: readonly ModelRow[],
  n: number,
  op: string,
  answer: (rows: readonly ModelRow[]) => string,
): Effect {
  const updated = targets.map((row) => ({ ...row, n: row.n + n, op }));
  if (updated.some((row) => row.n > 9)) return { state, error: 'constraint' };
  const rows = state.rows.map((row) => updated.find(({ id }) => id === row.id) ?? row);
  return {
    state: { ...state, rows, log: [...state.log, ...updated.map(({ k }) => `${op} ${k}`)] },
    value: answer(updated),
  };
}
