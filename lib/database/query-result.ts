import type { ResultSet, Row } from '@libsql/core/api';

/** A libSQL result whose rows carry the columns that the caller expects: `execute<Task>('SELECT …')`. */
export interface QueryResult<T extends object = object> extends Omit<ResultSet, 'rows'> {
  rows: (Row & T)[];
  /**
   * How old the data may be, in milliseconds: set when the replica has answered in place of a primary that did not
   * (`fallback.replica`), and in no other case.
   */
  readonly staleMs?: number;
}
