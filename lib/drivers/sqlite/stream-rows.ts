import type { IntMode, Row } from '@libsql/core/api';
import { createDeadline, type Deadline } from '../../async/deadline.js';
import { createRowFactory } from '../../contract/row.js';
import type { Statement } from '../../contract/statement.js';
import { createStreamWritesError } from '../../errors/usage-errors.js';
import { bindArgs } from './bind-args.js';
import { toSqliteError } from './sqlite-errors.js';
import type { SqliteHandle } from './sqlite-handle.js';
import { toValue } from './sqlite-run.js';
import { whileBusy } from './while-busy.js';

/** How long rows are read in one turn of the event loop, in milliseconds. */
const longestTurnMs = 1;

/**
 * Reads the rows of a statement as they are taken, in short turns. The handle is busy until the end: nothing else may use it.
 * @throws DatabaseError, or IntegerRangeError for an integer that `intMode` cannot hold
 */
export async function* streamRows(
  handle: SqliteHandle,
  { sql, args }: Statement,
  intMode: IntMode,
  deadline: Deadline,
): AsyncGenerator<Row, void, undefined> {
  const { timeoutMs, signal } = deadline;
  const reading = await whileBusy(() => {
    const entry = handle.prepare(sql);
    const { prepared, parameters } = entry;
    if (!prepared.readonly) throw createStreamWritesError();
    handle.readExactly(entry);
    const values = prepared.iterate(...bindArgs(parameters, args)) as IterableIterator<unknown[]>;
    // only a step asks for the lock, and SQLite prepares anew by itself when the schema has changed
    const turn = readTurn(values);
    return { values, turn, createRow: createRowFactory(prepared.columns().map(({ name }) => name)) };
  }, deadline);
  const { values, createRow } = reading;
  try {
    for (let { turn } = reading; ;) {
      for (const row of turn.rows)
        yield createRow(row.map((value) => toValue(value, intMode, 'not-applied')));
      if (turn.end !== undefined) return turn.end();
      turn = await whileBusy(() => readTurn(values), createDeadline(timeoutMs, signal));
    }
  } finally {
    values.return?.();
  }
}

interface Turn {
  readonly rows: unknown[][];
  /** Behind the last row: returns, or throws why there are no more. */
  readonly end?: () => void;
}

/** The rows of one turn: at least one, unless there is none. A row that fails comes behind those before it. */
function readTurn(values: Iterator<unknown[]>): Turn {
  const rows: unknown[][] = [];
  const endsAt = performance.now() + longestTurnMs;
  try {
    do {
      const next = values.next();
      if (next.done === true) return { rows, end: () => undefined };
      rows.push(next.value);
    } while (performance.now() < endsAt);
    return { rows };
  } catch (error) {
    if (rows.length === 0) throw error;
    return {
      rows,
      end: () => {
        throw toSqliteError(error);
      },
    };
  }
}
