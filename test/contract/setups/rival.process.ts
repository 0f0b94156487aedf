import BetterSqlite3 from 'better-sqlite3';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Takes the write lock of the named file again and again, writes, and takes back what it wrote: the facts find the contents that
// they expect, and a deferred transaction a snapshot that is not stale.
let path: string | undefined;
const input = createInterface(process.stdin);
input.on('line', (line) => (path = line));
input.on('close', () => process.exit());
console.log('ready');

let open: { path: string; db: BetterSqlite3.Database } | undefined;
for (;;) {
  await sleep(2 + Math.random() * 8);
  if (path === undefined) continue;
  const isNew = open?.path !== path;
  if (open === undefined || isNew) {
    open?.db.close();
    open = { path, db: new BetterSqlite3(path, { timeout: 0 }) };
  }
  try {
    write(open.db);
  } catch (error) {
    if (!(error instanceof BetterSqlite3.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error;
  }
  if (isNew) console.log('writing');
}

function write(db: BetterSqlite3.Database): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    db.exec('CREATE TABLE of_the_rival AS SELECT 1');
    const until = performance.now() + 1;
    while (performance.now() < until);
  } finally {
    db.exec('ROLLBACK');
  }
}
