import type { ResultSet, Row } from '@libsql/core/api';

/** A libSQL result whose rows carry the columns that the caller expects: `execute<Task>('SELECT …')`. */
export interface QueryResult<T extends object = object> extends Omit<ResultSet, 'rows'> {
  rows: (Row & T)[];
}
