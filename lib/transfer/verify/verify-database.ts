import type { Source } from '../source/source.js';
import type { Reject } from '../target/checkpoint.js';
import type { TargetDatabase } from '../target/target-database.js';
import { checkIntegrity } from './check-integrity.js';
import { compareSchemas } from './compare-schemas.js';
import { createTargetHasher } from './create-target-hasher.js';
import { verifyTables } from './verify-tables.js';
import type { Difference, Verification } from './verification.js';

/** Compares everything: definitions first, then every row of every table, while the target checks its own integrity. */
export async function verifyDatabase(
  target: TargetDatabase,
  source: Source,
  rejects: readonly Pick<Reject, 'table' | 'row'>[],
): Promise<Verification> {
  const hasher = await createTargetHasher(target);
  const differences: Difference[] = await compareSchemas(target, source);
  const missing = new Set(differences.filter(isMissing).map(({ object }) => object));
  const present = source.schema.tables.filter(({ name }) => !missing.has(name));
  const [found, unsound] = await Promise.all([
    verifyTables({ source, target, hasher }, present, groupByTable(rejects)),
    differences.length === 0 ? checkIntegrity(target, source) : [],
  ]);
  differences.push(...found.differences);
  // rows that differ explain what the target says of its indexes and references
  if (differences.length === 0) differences.push(...unsound);
  return { equal: differences.length === 0, tables: found.verified, differences };
}

/** A table with another definition may lack a column that the comparison would ask for. */
function isMissing({ kind }: Difference): boolean {
  return kind === 'object-missing' || kind === 'object-changed';
}

function groupByTable(rejects: readonly Pick<Reject, 'table' | 'row'>[]): Map<string, Set<number>> {
  const groups = new Map<string, Set<number>>();
  for (const { table, row } of rejects) groups.set(table, (groups.get(table) ?? new Set()).add(row));
  return groups;
}
