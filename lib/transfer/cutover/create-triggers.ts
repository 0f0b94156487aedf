import { DatabaseError } from '../../errors/database-error.js';
import type { HranaStatement } from '../../drivers/turso/hrana-protocol.js';
import { quoteName } from '../source/quote-name.js';
import type { SourceSchema } from '../source/source-schema.js';
import type { Ledger } from '../target/ledger.js';
import { createTransferError } from '../transfer-errors.js';

const refusals: ReadonlySet<string> = new Set(['syntax', 'configuration', 'too-large']);

/**
 * Creates and drops every trigger in one piece, while the source is still open: what the server's parser does not know must not be
 * found out when there is no way back.
 * @param isClosed the source is closed already
 * @throws DatabaseError `TRANSFER_BAD_DEFINITION` that names the trigger
 */
export async function tryTriggers(
  ledger: Ledger,
  { triggers }: SourceSchema,
  isClosed: boolean,
): Promise<void> {
  for (const { name, sql } of triggers) {
    const statements = [toStatement(sql), toStatement(`DROP TRIGGER ${quoteName(name)}`)];
    try {
      await ledger.advance(statements, { stage: 'sync', item: ledger.state.item + 1, rows: 0 });
    } catch (error) {
      throw toBadDefinition(error, `the trigger ${name}`, isClosed);
    }
  }
}

/** What the target refuses, it refuses again: no resume helps. Every other error stays what it is. */
export function toBadDefinition(error: unknown, what: string, isClosed: boolean): unknown {
  const isRefusal = error instanceof DatabaseError && refusals.has(error.kind);
  if (!isRefusal || error.code === 'TRANSFER_CONFLICT') return error;
  const advice = isClosed
    ? 'the source is closed, and "detach" opens it again'
    : 'the source is open as before: change the definition, then run it again';
  return createTransferError(
    `the target refuses ${what} (${error.code}); ${advice}`,
    'TRANSFER_BAD_DEFINITION',
    error,
  );
}

export function toStatement(sql: string): HranaStatement {
  return { sql, want_rows: false };
}
