import { setImmediate } from 'node:timers/promises';
import { listExpressions } from '../source/select-rows.js';
import { readRows } from '../source/read-rows.js';
import { readSchema } from '../source/read-schema.js';
import { openSnapshotDatabase } from '../source/snapshot-database.js';
import { throwIfStopped } from '../throw-if-stopped.js';
import { RowDigest } from '../verify/row-digest.js';
import type { Difference, Verification, VerifiedTable } from '../verify/verification.js';
import { selectTable } from './read-snapshot.js';

/** How long reading goes on before others get their turn, in milliseconds. */
const longestTurnMs = 5;

/** Reads a finished file back and compares each table's digest with what the server had. */
export async function verifyFile(
  path: string,
  digests: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<Verification> {
  const database = await openSnapshotDatabase(path);
  try {
    const { tables, encoding } = readSchema(database);
    const source = { database, encoding, policy: 'keep' } as const;
    const everything = { afterRowid: undefined, offset: 0, limit: undefined };
    const verified: VerifiedTable[] = [];
    const differences: Difference[] = [];
    let turnBegan = performance.now();
    for (const table of tables) {
      const digest = new RowDigest(selectTable(table));
      for (const row of readRows(source, table, listExpressions(table, false), everything)) {
        digest.addRow(row);
        if (performance.now() - turnBegan < longestTurnMs) continue;
        await setImmediate();
        throwIfStopped(signal);
        turnBegan = performance.now();
      }
      const { size: bytes } = digest;
      const found = digest.finish();
      const equal = digests.get(table.name) === found;
      verified.push({ name: table.name, rows: table.rowCount, bytes, digest: found.toLowerCase(), equal });
      if (!equal) differences.push({ kind: 'object-changed', object: table.name, key: '' });
    }
    const present = new Set(tables.map(({ name }) => name));
    for (const name of digests.keys())
      if (!present.has(name)) differences.push({ kind: 'object-missing', object: name, key: '' });
    return { equal: differences.length === 0, tables: verified, differences };
  } finally {
    database.close();
  }
}
