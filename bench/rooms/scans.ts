import BetterSqlite3 from 'better-sqlite3';
import { createTasksFile } from './tasks.js';

/** Reads the table over and over: the number of tasks that are looked at is the cost. */
const selectScan =
  'SELECT count(*) AS found FROM tasks AS one, tasks AS other WHERE other.id <= ? AND one.done = 1';

/** A statement that takes a certain time on this machine. */
export interface Scan {
  readonly sql: string;
  readonly args: number[];
}

/** Finds the scan that takes about so many milliseconds when nothing else runs. */
export function calibrateScan(path: string, timeMs: number): Scan {
  createTasksFile(path);
  const db = new BetterSqlite3(path, { readonly: true });
  try {
    const statement = db.prepare(selectScan);
    const passes = 50;
    const times = [1, 2, 3].map(() => {
      const start = performance.now();
      statement.get(passes);
      return performance.now() - start;
    });
    return { sql: selectScan, args: [Math.max(1, Math.round((passes * timeMs) / Math.min(...times)))] };
  } finally {
    db.close();
  }
}
