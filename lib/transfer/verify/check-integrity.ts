import type { Source } from '../source/source.js';
import type { TargetDatabase } from '../target/target-database.js';
import type { Difference } from './verification.js';

/** Lets the target check its indexes and its references; what the source has, too, is no difference. */
export async function checkIntegrity(target: TargetDatabase, source: Source): Promise<Difference[]> {
  const { database, schema } = source;
  const differences: Difference[] = [];
  // what stands beside is not ours to judge
  const tables = target.options.intoNonEmpty ? schema.tables.map(({ name }) => name) : [undefined];
  for (const table of tables) {
    const name = table === undefined ? undefined : `'${table.replaceAll("'", "''")}'`;
    const check = `SELECT integrity_check FROM pragma_integrity_check(${name ?? 1})`;
    const isSound = (rows: readonly (readonly unknown[])[]): boolean => rows[0]?.[0] === 'ok';
    const there = (await target.query(check)).map(([cell]) => [cell?.type === 'text' ? cell.value : '']);
    if (!isSound(there) && isSound(database.all(check)))
      differences.push({ kind: 'integrity', object: table ?? 'integrity_check', key: '' });

    const sql = `SELECT count(*) FROM pragma_foreign_key_check${name === undefined ? '' : `(${name})`}`;
    const [answer] = await target.queryEach([{ sql, want_rows: true }]);
    const cell = answer?.result?.rows[0]?.[0];
    const found = cell?.type === 'integer' ? Number(cell.value) : undefined;
    if (found !== countHere(() => database.all<[bigint]>(sql)))
      differences.push({ kind: 'foreign-keys', object: table ?? 'foreign_key_check', key: '' });
  }
  return differences;
}

/** A reference to columns that are not unique cannot be checked, on either side. */
function countHere(check: () => [bigint][]): number | undefined {
  try {
    return Number(check()[0]?.[0]);
  } catch {
    return undefined;
  }
}
