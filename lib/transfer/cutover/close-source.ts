import { quoteName } from '../source/quote-name.js';
import type { SourceSchema } from '../source/source-schema.js';
import type { LiveSource } from '../sync/live-source.js';

const message = 'this database was moved to a server: nothing may be written to this file any more';

/** Whether the triggers are there that let every write fail. */
export function isClosed({ database }: LiveSource): boolean {
  const sql = `SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'nestjs_turso_closed_%' LIMIT 1`;
  return database.all(sql).length > 0;
}

/**
 * Lets every further write to a table fail, within the transaction that is open. Virtual tables and their parts cannot have triggers.
 */
export function closeTables(live: LiveSource, { tables }: SourceSchema): void {
  for (const [index, { name, isShadow }] of tables.entries()) {
    if (isShadow) continue;
    for (const event of ['INSERT', 'UPDATE', 'DELETE'])
      live.run(
        `CREATE TRIGGER IF NOT EXISTS nestjs_turso_closed_${index + 1}_${event} BEFORE ${event} ON ${quoteName(name)}
         BEGIN SELECT RAISE(ABORT, '${message}'); END`,
      );
  }
}
