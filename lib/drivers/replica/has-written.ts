import type { ResultSet } from '@libsql/core/api';
import type { Statement } from '../../contract/statement.js';
import { firstKeyword } from '../../sql/classify-sql.js';
import { skipTrivia } from '../../sql/skip-trivia.js';

/**
 * Surely has a position of its own in the log of the primary. An update need not: SQLite writes nothing for a row that stays as it is,
 * and counts it all the same, in an upsert too.
 */
export function hasWritten({ sql }: Statement, result: ResultSet | undefined): boolean {
  if (result === undefined || result.rowsAffected === 0) return false;
  const keyword = firstKeyword(sql);
  return keyword === 'DELETE' || (keyword === 'INSERT' && isPlainInsert(sql.slice(skipTrivia(sql))));
}

const name = String.raw`("(?:[^"]|"")+"|\`[^\`]+\`|\[[^\]]+\]|\w+)`;
const plainInsert = new RegExp(
  String.raw`^insert\s+into\s+(?:${name}\s*\.\s*)?${name}\s*(?:\(([^()]*)\)\s*)?(?:values|select|default)\b`,
  'i',
);

/** A full-text table takes commands by an insert into the column of its own name, and counts a row for those that write nothing too. */
function isPlainInsert(sql: string): boolean {
  if (/\b(?:or|conflict)\b/i.test(sql)) return false;
  const [, , table = '', columns = ''] = plainInsert.exec(sql) ?? [];
  return table !== '' && !columns.split(',').some((column) => toBareName(column) === toBareName(table));
}

function toBareName(written: string): string {
  return written.replace(/["`[\]\s]/g, '').toLowerCase();
}
