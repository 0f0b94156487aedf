import type { Source } from '../source/source.js';
import type { TargetDatabase } from '../target/target-database.js';
import type { Difference } from './verification.js';

/** Lets the target check its indexes and its references; what the source has, too, is no difference. */
export async function checkIntegrity(target: TargetDatabase, { database }: Source): Promise<Difference[]> {
  const differences: Difference[] = [];
  const isSound = (answer: unknown): boolean => answer === 'ok';
  const [check] = await target.query('PRAGMA integrity_check(1)');
  const found = check?.[0]?.type === 'text' ? check[0].value : '';
  if (!isSound(found) && isSound(database.all('PRAGMA integrity_check(1)')[0]?.[0]))
    differences.push({ kind: 'integrity', object: 'integrity_check', key: '' });

  const sql = 'SELECT count(*) FROM pragma_foreign_key_check';
  const [answer] = await target.queryEach([{ sql, want_rows: true }]);
  const cell = answer?.result?.rows[0]?.[0];
  const there = cell?.type === 'integer' ? Number(cell.value) : undefined;
  if (there !== countHere(() => database.all<[bigint]>(sql)))
    differences.push({ kind: 'foreign-keys', object: 'foreign_key_check', key: '' });
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
