import { isTransferTable } from '../source/internal-names.js';
import { scanTable, type TableFindings } from '../source/scan-table.js';
import type { Source } from '../source/source.js';
import { needsCollation } from '../source/needs-collation.js';
import { listExpressions, selectRows } from '../source/select-rows.js';
import type { SourceSchema, SourceTable } from '../source/source-schema.js';
import type { ResolvedTransferOptions } from '../resolve-transfer-options.js';
import type { TargetDatabase } from '../target/target-database.js';
import { tellOfEnd } from '../transfer-errors.js';
import { listTargetObjects } from '../target/list-objects.js';
import { findTaken } from './find-taken.js';
import { trySchema } from './try-schema.js';
import type { TransferNote, TransferPlan, TransferProblem } from './transfer-plan.js';

/** Finds out what a copy would do and everything that stands against it. Writes nothing that stays. */
export async function createPlan(target: TargetDatabase, source: Source): Promise<TransferPlan> {
  const { options } = target;
  const { schema } = source;
  const problems: TransferProblem[] = findReservedNames(schema);
  const notes: TransferNote[] = listSchemaNotes(schema, options);

  const present = await listTargetObjects(target);
  const taken = findTaken(schema, present);
  if (options.intoNonEmpty && taken.length > 0) {
    const message = `the target has something of this name already: rename or drop one of them${tellOfEnd(options)}`;
    problems.push(...taken.map((object) => ({ kind: 'name-taken' as const, object, message })));
  } else if (!options.intoNonEmpty && present.length > 0) {
    const message = `the target holds ${present.length} tables, indexes, views or triggers already${tellOfEnd(options)}`;
    problems.push({ kind: 'target-not-empty', object: options.target.location, message });
  } else {
    const found = await trySchema(target, source);
    problems.push(...found.problems);
    notes.push(...found.notes);
  }
  for (const table of schema.tables) {
    options.onProgress({ stage: 'plan', object: table.name, rows: 0, totalRows: table.rowCount });
    const unreadable = findUnreadable(source, table);
    if (unreadable !== undefined) {
      problems.push(unreadable);
      continue;
    }
    const findings = scanTable(source.database, source.encoding, table);
    addFindings(table.name, findings, options, source.encoding, problems, notes);
  }
  return {
    source: options.source,
    target: options.target.location,
    tables: schema.tables.map(({ name, rowCount }) => ({ name, rows: rowCount })),
    virtualTables: schema.virtualTables.length,
    indexes: schema.indexes.length,
    views: schema.views.length,
    triggers: schema.triggers.length,
    problems,
    notes,
  };
}

function findReservedNames({
  tables,
  virtualTables,
  indexes,
  views,
  triggers,
}: SourceSchema): TransferProblem[] {
  return [...tables, ...virtualTables, ...indexes, ...views, ...triggers]
    .filter(({ name }) => isTransferTable(name))
    .map(({ name }) => ({
      kind: 'reserved-name',
      object: name,
      message: 'a transfer keeps its own books under this name: rename or drop it',
    }));
}

/** Neither a table of as many columns as SQLite allows, together with its rowid, nor one in an order that only the application knows. */
function findUnreadable({ database }: Source, table: SourceTable): TransferProblem | undefined {
  const window = { afterRowid: undefined, offset: 0, limit: undefined };
  const message = database.findProblem(selectRows(table, listExpressions(table, true), window));
  if (message === undefined) return undefined;
  const why = needsCollation(message)
    ? 'SQLite cannot read it: its key needs a collation of the application'
    : 'SQLite cannot read it with its rowid';
  return { kind: 'unreadable', object: table.name, message: why };
}

function listSchemaNotes(schema: SourceSchema, { intoNonEmpty }: ResolvedTransferOptions): TransferNote[] {
  const { applicationId, userVersion, hasStatistics, serverTables, encoding } = schema;
  const notes: TransferNote[] = serverTables.map((object) => ({
    kind: 'server-table',
    object,
    message: 'stays behind: libSQL or Litestream keeps it for itself',
  }));
  if (applicationId !== 0)
    notes.push({
      kind: 'application-id',
      object: 'application_id',
      message: `${applicationId} stays behind: the server lets nobody set it`,
    });
  if (intoNonEmpty && userVersion !== 0)
    notes.push({
      kind: 'user-version',
      object: 'user_version',
      message: `${userVersion} stays behind: the target has its own`,
    });
  if (hasStatistics)
    notes.push({
      kind: 'statistics',
      object: 'sqlite_stat',
      message: 'the statistics of ANALYZE stay behind: the server has no ANALYZE',
    });
  if (encoding !== 'UTF-8')
    notes.push({ kind: 'utf-16', object: 'encoding', message: `${encoding} becomes UTF-8` });
  return notes;
}

function addFindings(
  object: string,
  { tooLarge, invalidTexts, infinities, negativeZeros }: TableFindings,
  { invalidUtf8, onBadRow }: ResolvedTransferOptions,
  encoding: string,
  problems: TransferProblem[],
  notes: TransferNote[],
): void {
  if (tooLarge > 0) {
    const message = `${tooLarge} rows are longer than the 5,000,000 bytes that the server takes`;
    if (onBadRow === 'stop') problems.push({ kind: 'value-too-large', object, message });
    else notes.push({ kind: 'value-too-large', object, message: `${message}: they are left out` });
  }
  if (invalidTexts > 0) {
    const message = `${invalidTexts} texts are no valid Unicode`;
    const stops = invalidUtf8 === 'stop' || (invalidUtf8 === 'keep' && encoding !== 'UTF-8');
    if (stops) problems.push({ kind: 'invalid-text', object, message });
    else notes.push({ kind: 'invalid-text', object, message: `${message}: ${invalidUtf8}` });
  }
  if (infinities > 0) {
    const message = `${infinities} infinite numbers are copied, but the server cannot send them to a client`;
    notes.push({ kind: 'infinity', object, message });
  }
  if (negativeZeros > 0) {
    const message = `${negativeZeros} negative zeros are copied; a column of type REAL stores 0.0`;
    notes.push({ kind: 'negative-zero', object, message });
  }
}
