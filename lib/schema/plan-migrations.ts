import { findMisorder } from './file-names.js';
import type { JournalRow } from './journal.js';
import { createMigrationError } from './migration-errors.js';
import type { MigrationFile } from './migration-file.js';

/**
 * Compares the folder with the journal.
 * @returns the files that are to run, in order
 * @throws ConfigurationError when an applied file has changed or is gone, or a new one would run before an applied one
 */
export function planMigrations(
  files: readonly MigrationFile[],
  journal: readonly JournalRow[],
): MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const row of journal) assertUnchanged(row, byName.get(row.name));
  const applied = new Set(journal.map(({ name }) => name));
  const pending = files.filter(({ name }) => !applied.has(name));
  assertInOrder(files, pending, applied);
  return pending;
}

function assertUnchanged({ name, checksum, appliedAt }: JournalRow, file: MigrationFile | undefined): void {
  if (file === undefined) {
    const message =
      `migration ${name} was applied at ${appliedAt} and is not in the folder: put the file back. ` +
      'If this is an older release than the one that applied it, start the newer one';
    throw createMigrationError(message, 'MIGRATION_MISSING');
  }
  if (file.checksum !== checksum) {
    const message =
      `migration ${name} was applied at ${appliedAt} and has changed since: put its old text back ` +
      'and write the change into a new file';
    throw createMigrationError(message, 'MIGRATION_CHANGED');
  }
}

/** A late file would have run earlier elsewhere, so two databases would have two schemas. */
function assertInOrder(
  files: readonly MigrationFile[],
  pending: readonly MigrationFile[],
  applied: ReadonlySet<string>,
): void {
  const [first] = pending;
  const late = first && files.slice(files.indexOf(first)).find(({ name }) => applied.has(name));
  if (first === undefined || late === undefined) return;
  const hint = findMisorder(files.map(({ name }) => name));
  const message =
    `migration ${first.name} is new but sorts before ${late.name}, which was applied: ` +
    `rename it so that it comes last${hint === undefined ? '' : `. ${hint}`}`;
  throw createMigrationError(message, 'MIGRATION_OUT_OF_ORDER');
}
