import type { Row, Value } from '@libsql/core/api';

/** Makes rows of one statement: values in column order in, a libSQL row out. */
export type RowFactory = (values: Value[]) => Row;

/** So many rows of one statement are made before a constructor is compiled for them, which takes as long as some hundred rows. */
const rowsBeforeCompiling = 50;
/** V8 keeps objects of many more properties in dictionaries, which a constructor makes no faster. */
const maxCompiledColumns = 200;

/**
 * Makes the rows of a result: named columns are own enumerable properties, indexes and `length` are not enumerable, and of two
 * columns with one name the first keeps it (as @libsql/client has it).
 */
export function createRowFactory(columns: readonly string[]): RowFactory {
  if (!isPlain(columns)) return (values) => defineRow(columns, values);
  const prototype = createPrototype(columns);
  const assignRow: RowFactory = (values) => {
    const row = Object.create(prototype) as Record<string, Value>;
    for (let index = 0; index < columns.length; index++)
      row[columns[index] as string] = values[index] as Value;
    return row as unknown as Row;
  };
  let createRow = assignRow;
  let made = 0;
  return (values) => {
    if (made <= rowsBeforeCompiling && ++made > rowsBeforeCompiling)
      createRow = compileRowFactory(columns, prototype) ?? assignRow;
    return createRow(values);
  };
}

/** @returns undefined where Node was told not to compile code from strings */
function compileRowFactory(columns: readonly string[], prototype: object): RowFactory | undefined {
  if (columns.length > maxCompiledColumns) return undefined;
  // a name is data: it enters the code as a string literal and as nothing else
  const lines = columns.map((column, index) => `this[${JSON.stringify(column)}] = values[${index}];`);
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the engine knows the shape of what such a constructor makes
    const RowClass = new Function('values', lines.join('\n')) as unknown as new (values: Value[]) => Row;
    RowClass.prototype = prototype;
    return (values) => new RowClass(values);
  } catch {
    return undefined;
  }
}

function isPlain(columns: readonly string[]): boolean {
  return !columns.some(isTricky) && new Set(columns).size === columns.length;
}

/** Names that collide with an index or with what the prototype holds. */
function isTricky(column: string): boolean {
  return column === '__proto__' || column === 'length' || /^\d+$/.test(column);
}

/** Indexes and length stand once on a prototype, so that a row costs no more than its columns. */
function createPrototype(columns: readonly string[]): object {
  const prototype = Object.create(Object.prototype, { length: { value: columns.length } }) as object;
  for (const [index, column] of columns.entries()) {
    Object.defineProperty(prototype, index, {
      get(this: Record<string, Value>) {
        return this[column];
      },
    });
  }
  return prototype;
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
