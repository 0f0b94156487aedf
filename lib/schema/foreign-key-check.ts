import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import type { Statement } from '../contract/statement.js';
import { DatabaseError, detailsOf } from '../errors/database-error.js';
import { firstKeyword } from '../sql/classify-sql.js';
import { textOf } from './migration-errors.js';
import type { Migration } from './migration-file.js';

/**
 * A statement that fails when a file, which runs with foreign keys off, leaves more broken references than there were before. It
 * reads every table that has a foreign key, so a file that cannot break one does without.
 * @returns undefined when nothing is to be checked
 */
export async function createForeignKeyCheck(
  connection: DriverConnection,
  { statements }: Migration,
  deadline: Deadline,
): Promise<Statement | undefined> {
  if (statements.every(({ sql }) => cannotBreak(sql))) return undefined;
  const before = await countBroken(connection, deadline);
  return before === undefined ? undefined : { sql: failWhenMoreAreBroken, args: [before] };
}

/** The error of a file whose foreign-key check failed. */
export function toForeignKeyError(error: unknown, { name }: Migration): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const text = textOf(error);
  const broken = /bad JSON path: '(.*)'/s.exec(text)?.[1];
  const problem =
    broken === undefined
      ? `foreign keys cannot be checked: ${text}`
      : `rows are left that reference nothing (${broken}; the referencing table stands first)`;
  const code =
    broken === undefined ? {} : { code: 'SQLITE_CONSTRAINT', extendedCode: 'SQLITE_CONSTRAINT_FOREIGNKEY' };
  return new DatabaseError(`migration ${name}: ${problem}; nothing of this file was kept`, {
    ...detailsOf(error),
    ...code,
    kind: 'constraint',
    cause: error,
  });
}

/** New tables are empty, indexes and views hold no reference, and a new column is NULL unless it says otherwise. */
function cannotBreak(sql: string): boolean {
  const keyword = firstKeyword(sql);
  return keyword === 'CREATE' || (keyword === 'ALTER' && !/\bREFERENCES\b/i.test(sql));
}

/** Undefined when SQLite cannot tell, because some key of the database references columns that are not unique. */
async function countBroken(connection: DriverConnection, deadline: Deadline): Promise<bigint | undefined> {
  try {
    const sql = 'SELECT count(*) FROM pragma_foreign_key_check';
    const { rows } = await connection.execute({ sql, args: [] }, deadline);
    return BigInt(rows[0]?.[0] as number | bigint | string);
  } catch (error) {
    if (error instanceof DatabaseError && error.kind === 'syntax') return undefined;
    throw error;
  }
}

/** SQL cannot raise an error outside of a trigger; a path that is none is quoted in the error, so it can carry the table names. */
const failWhenMoreAreBroken =
  `SELECT json_extract('{}', CASE WHEN number > ? THEN tables ELSE '$' END) FROM (SELECT count(*) AS number, ` +
  `group_concat(DISTINCT "table" || ' -> ' || parent) AS tables FROM pragma_foreign_key_check)`;
