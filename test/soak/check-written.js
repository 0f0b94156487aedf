// @ts-check
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/**
 * Compares what is on the disk with what the writers were told.
 * @param {string} path
 * @param {{ name: string, log: string, kills: number }[]} writers
 * @returns {{ problems: string[], lines: string[] }}
 */
export function checkWritten(path, writers) {
  const db = new Database(path);
  /** @type {string[]} */
  const problems = [];
  /** @type {string[]} */
  const lines = [];
  for (const { name, log, kills } of writers) {
    const logged = readFileSync(log, 'utf8').split('\n').filter(Boolean).map(Number);
    const onDisk = /** @type {number[]} */ (
      db.prepare('SELECT id FROM written WHERE writer = ? ORDER BY rowid').pluck().all(name)
    );
    const disk = new Set(onDisk);
    const told = new Set(logged);
    const lost = logged.filter((id) => !disk.has(id));
    const untold = onDisk.filter((id) => !told.has(id));
    const outOfOrder = onDisk.filter((id, index) => index > 0 && id <= Number(onDisk[index - 1]));
    lines.push(
      `${name}: ${logged.length} acknowledged, ${onDisk.length} on disk, ${untold.length} of them in flight at ${kills} kills`,
    );
    if (lost.length > 0)
      problems.push(`${name}: ${lost.length} acknowledged and lost: ${lost.slice(0, 5).join()}`);
    if (disk.size !== onDisk.length) problems.push(`${name}: ${onDisk.length - disk.size} on disk twice`);
    if (told.size !== logged.length)
      problems.push(`${name}: ${logged.length - told.size} acknowledged twice`);
    if (untold.length > kills) problems.push(`${name}: ${untold.length} on disk that nobody was told of`);
    if (outOfOrder.length > 0) problems.push(`${name}: out of order at ${outOfOrder.slice(0, 5).join()}`);
  }
  const integrity = String(db.pragma('integrity_check', { simple: true }));
  lines.push(`integrity_check: ${integrity}`);
  if (integrity !== 'ok') problems.push(`integrity_check: ${integrity}`);
  db.close();
  return { problems, lines };
}
