import type { Source } from '../source/source.js';
import type { Reject } from '../target/checkpoint.js';
import type { TargetDatabase } from '../target/target-database.js';
import { checkIntegrity } from './check-integrity.js';
import { compareSchemas } from './compare-schemas.js';
import { createTargetHasher } from './create-target-hasher.js';
import { verifyTable } from './verify-table.js';
import type { Difference, Verification, VerifiedTable } from './verification.js';

/** Compares everything: definitions first, then every row of every table, then what the target says of itself. */
export async function verifyDatabase(
  target: TargetDatabase,
  source: Source,
  rejects: readonly Pick<Reject, 'table' | 'row'>[],
): Promise<Verification> {
  const hasher = await createTargetHasher(target);
  const differences: Difference[] = await compareSchemas(target, source);
  const missing = new Set(differences.filter(isMissing).map(({ object }) => object));
  const tables: VerifiedTable[] = [];
  for (const table of source.schema.tables) {
    if (missing.has(table.name)) continue;
    const leftOut = new Set(rejects.filter((reject) => reject.table === table.name).map(({ row }) => row));
    const found = await verifyTable({ source, target, hasher }, table, leftOut);
    tables.push(found.verified);
    differences.push(...found.differences);
  }
  if (differences.length === 0) differences.push(...(await checkIntegrity(target, source)));
  return { equal: differences.length === 0, tables, differences };
}

/** A table with another definition may lack a column that the comparison would ask for. */
function isMissing({ kind }: Difference): boolean {
  return kind === 'object-missing' || kind === 'object-changed';
}
