import type { HranaStep } from '../../drivers/turso/hrana-protocol.js';
import { readStep } from '../../drivers/turso/read-results.js';
import { begin, guarded } from '../../drivers/turso/steps.js';
import { DatabaseError } from '../../errors/database-error.js';
import type { Source } from '../source/source.js';
import type { SourceObject } from '../source/source-schema.js';
import type { TargetDatabase } from '../target/target-database.js';
import { listShadows, listTables, listViews } from './list-statements.js';
import { listProbes } from './list-probes.js';
import type { ProblemKind, TransferNote, TransferProblem } from './transfer-plan.js';

/** What the target said. */
export interface SchemaFindings {
  readonly problems: readonly TransferProblem[];
  readonly notes: readonly TransferNote[];
}

/**
 * Creates the whole schema on the target in a transaction that is rolled back, and compiles what uses views and triggers: nobody knows
 * better what the target takes. Its parser, which refuses a request as a whole, is asked for each statement alone before.
 */
export async function trySchema(target: TargetDatabase, source: Source): Promise<SchemaFindings> {
  const { schema } = source;
  const objects = [...listTables(schema), ...listShadows(schema), ...schema.indexes, ...listViews(schema)];
  const refused = await askParser(target, objects);
  const accepted = objects.filter((object) => !refused.has(object));
  const created = await tryInTransaction(target, accepted, source);
  const failed = new Map([...refused, ...created]);
  const lost = new Set(
    [...failed.keys()].filter(({ type }) => type === 'table' || type === 'view').map(({ name }) => name),
  );
  const problems: TransferProblem[] = [];
  const notes: TransferNote[] = [];
  for (const [object, message] of failed) {
    // what stands on a table that cannot be created fails with it
    if (object.type !== 'table' && lost.has(object.tableName) && object.name !== object.tableName) continue;
    const kind = classify(message);
    const isBroken = kind === 'refused-by-target' && isBrokenInSource(source, object);
    if (isBroken)
      notes.push({ kind: 'broken-object', object: object.name, message: 'is broken, and moves so' });
    else problems.push({ kind, object: object.name, message: describe(kind, message) });
  }
  return { problems, notes };
}

/** Asks outside of any transaction under a condition that only holds inside: nothing can run. */
async function askParser(
  target: TargetDatabase,
  objects: readonly SourceObject[],
): Promise<Map<SourceObject, string>> {
  const refused = new Map<SourceObject, string>();
  if (objects.length === 0) return refused;
  const answers = await target.readBatches(objects.map(({ sql }) => [guarded(sql)]));
  for (const [index, answer] of answers.entries())
    if (answer instanceof DatabaseError) refused.set(objects[index] as SourceObject, answer.message);
  return refused;
}

async function tryInTransaction(
  target: TargetDatabase,
  objects: readonly SourceObject[],
  source: Source,
): Promise<Map<SourceObject, string>> {
  const probes = listProbes(objects, source.schema);
  const steps: HranaStep[] = [
    begin('write'),
    ...objects.map(({ sql }) => guarded(sql)),
    ...probes.map(({ sql }) => guarded(sql)),
    guarded('ROLLBACK'),
  ];
  const [batch] = await target.readBatches([steps]);
  if (batch === undefined || batch instanceof DatabaseError) throw batch as DatabaseError;
  const begun = readStep(target.client, batch, 0);
  if (begun.error !== undefined) throw begun.error;
  const failed = new Map<SourceObject, string>();
  for (const [index, object] of [...objects, ...probes.map((probe) => probe.object)].entries()) {
    const { error } = readStep(target.client, batch, index + 1);
    if (error !== undefined && !failed.has(object)) failed.set(object, error.message);
  }
  return failed;
}

function classify(message: string): ProblemKind {
  if (/no such function/i.test(message)) return 'missing-function';
  if (/no such collation/i.test(message)) return 'missing-collation';
  if (/no such module|no such tokenizer|unknown tokenizer/i.test(message)) return 'missing-module';
  return 'refused-by-target';
}

/** A view whose table is gone, a trigger that names a column of the past: SQLite lets them stand. */
function isBrokenInSource({ database, schema }: Source, object: SourceObject): boolean {
  return (
    (object.type === 'view' || object.type === 'trigger') &&
    listProbes([object], schema).some(({ sql }) => database.findProblem(sql) !== undefined)
  );
}

/** The server's words name functions and columns, and may quote the statement: only what is known to hold no value passes. */
function describe(kind: ProblemKind, message: string): string {
  const known = /no such (?:function|collation sequence|module|tokenizer): [^\s(]+/i.exec(message);
  if (known !== null) return `the target has ${known[0]}`;
  return kind === 'refused-by-target'
    ? 'the target refuses its definition'
    : 'the target lacks what it needs';
}
