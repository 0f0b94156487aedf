import BetterSqlite3 from 'better-sqlite3';

/** The table that most questions are asked of. */
export interface Task {
  readonly id: number;
  readonly title: string;
  readonly done: number;
  readonly created_at: string;
}

export const createTasks =
  'CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL, created_at TEXT NOT NULL)';

/** How many there are. */
export const taskCount = 10_000;

/** Fills `tasks` in one statement. */
export const fillTasks = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${taskCount})
  INSERT INTO tasks SELECT i, 'Write the report of week ' || i, i % 2, '2026-01-01T08:00:00.000Z' FROM n`;

export const selectTask = 'SELECT * FROM tasks WHERE id = ?';
export const selectHundred = 'SELECT * FROM tasks WHERE id > ? ORDER BY id LIMIT 100';
export const insertTask = 'INSERT INTO tasks (title, done, created_at) VALUES (?, ?, ?)';

/** What every insert stores. */
export const newTask = { title: 'Write the report', done: 0, created_at: '2026-01-02T08:00:00.000Z' };
export const newTaskArgs = [newTask.title, newTask.done, newTask.created_at];

/** Keys spread over the table, the same ones for everybody. */
export function createKeys(): () => number {
  let key = 0;
  return () => (key = ((key + 7_919) % (taskCount - 100)) + 1);
}

/** A file with the table, in WAL mode. */
export function createTasksFile(path: string): void {
  const db = new BetterSqlite3(path);
  db.pragma('journal_mode = WAL');
  db.exec(createTasks);
  db.exec(fillTasks);
  db.close();
}
