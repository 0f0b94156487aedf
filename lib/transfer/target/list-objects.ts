import { isInternal, isTransferTable } from '../source/internal-names.js';
import type { TargetDatabase } from './target-database.js';

/** An entry of the target's schema that a user made. */
export interface TargetObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
  /** What it stands on; of a table itself. */
  readonly tableName: string;
}

/** Everything on the target except what SQLite, the server and a transfer keep for themselves. */
export async function listTargetObjects(target: TargetDatabase): Promise<TargetObject[]> {
  const rows = await target.query(
    'SELECT type, name, sql, tbl_name FROM sqlite_schema WHERE sql IS NOT NULL',
  );
  return rows
    .map((cells) => cells.map((cell) => (cell.type === 'text' ? cell.value : '')))
    .map(([type = '', name = '', sql = '', tableName = '']) => ({ type, name, sql, tableName }))
    .filter(
      ({ name, tableName }) =>
        !isInternal(name, tableName) && !isTransferTable(name) && !isTransferTable(tableName),
    );
}
