import type { Row, Value } from '@libsql/core/api';

/** Makes rows of one statement: values in column order in, a libSQL row out. */
export type RowFactory = (values: Value[]) => Row;

/**
 * Makes the rows of a result: named columns are own enumerable properties, indexes and `length` are not enumerable, and of two
 * columns with one name the first keeps it (as @libsql/client has it).
 */
export function createRowFactory(columns: readonly string[]): RowFactory {
  return columns.some(isTricky) || new Set(columns).size < columns.length
    ? (values) => defineRow(columns, values)
    : createPlainRowFactory(columns);
}

/** Names that collide with an index or with what the prototype holds. */
function isTricky(column: string): boolean {
  return column === '__proto__' || column === 'length' || /^\d+$/.test(column);
}

/** Indexes and length stand once on a prototype, so that a row costs no more than its columns. */
function createPlainRowFactory(columns: readonly string[]): RowFactory {
  const prototype = Object.create(Object.prototype, { length: { value: columns.length } }) as object;
  for (const [index, column] of columns.entries()) {
    Object.defineProperty(prototype, index, {
      get(this: Record<string, Value>) {
        return this[column];
      },
    });
  }
  return (values) => {
    const row = Object.create(prototype) as Record<string, Value>;
    for (let index = 0; index < columns.length; index++)
      row[columns[index] as string] = values[index] as Value;
    return row as unknown as Row;
  };
}

function defineRow(columns: readonly string[], values: Value[]): Row {
  const row = {};
  Object.defineProperty(row, 'length', { value: values.length });
  for (const [index, column] of columns.entries()) {
    const value = values[index];
    Object.defineProperty(row, index, { value, configurable: true });
    if (!Object.hasOwn(row, column)) {
      Object.defineProperty(row, column, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  return row as Row;
}
