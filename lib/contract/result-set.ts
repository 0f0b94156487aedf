import type { ResultSet, Row, Value } from '@libsql/core/api';

/** What a driver knows of a finished statement. */
export interface ResultParts {
  readonly columns: string[];
  readonly columnTypes: string[];
  readonly rows: Row[];
  readonly rowsAffected: number;
  readonly lastInsertRowid: bigint | undefined;
}

/** The result of a statement, as libSQL's interface has it. */
export class StatementResult implements ResultSet {
  readonly columns: string[];
  readonly columnTypes: string[];
  readonly rows: Row[];
  readonly rowsAffected: number;
  readonly lastInsertRowid: bigint | undefined;

  constructor(parts: ResultParts) {
    this.columns = parts.columns;
    this.columnTypes = parts.columnTypes;
    this.rows = parts.rows;
    this.rowsAffected = parts.rowsAffected;
    this.lastInsertRowid = parts.lastInsertRowid;
  }

  /** Rows as arrays, big integers as strings, blobs as base64. */
  toJSON(): unknown {
    return {
      columns: this.columns,
      columnTypes: this.columnTypes,
      rows: this.rows.map((row) => Array.from(row as unknown as ArrayLike<Value>, toJsonValue)),
      rowsAffected: this.rowsAffected,
      lastInsertRowid: this.lastInsertRowid === undefined ? null : String(this.lastInsertRowid),
    };
  }
}

function toJsonValue(value: Value): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof ArrayBuffer ? Buffer.from(value).toString('base64') : value;
}
