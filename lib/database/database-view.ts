import type { Client, Row } from '@libsql/core/api';
import type { StatementInput } from '../contract/statement.js';
import type { InputArgs } from '../contract/value.js';

/** What `withOptions` answers: a libSQL client whose calls all take on the options, streams too. */
export interface DatabaseView extends Client {
  /** Reads rows as they are taken; see `DatabaseConnection.stream`. */
  stream<T extends object = object>(
    statement: StatementInput,
    args?: InputArgs,
  ): AsyncIterableIterator<Row & T>;
}
