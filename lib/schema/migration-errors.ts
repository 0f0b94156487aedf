import { ConfigurationError } from '../errors/configuration-error.js';
import {
  DatabaseBatchError,
  DatabaseError,
  detailsOf,
  type DatabaseErrorDetails,
} from '../errors/database-error.js';
import type { Migration, MigrationStatement } from './migration-file.js';

/** The folder and the journal do not fit each other, or a file must not run as it is. */
export type MigrationCode =
  | 'MIGRATION_INVALID'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_MISSING'
  | 'MIGRATION_OUT_OF_ORDER'
  | 'MIGRATIONS_PENDING';

export function createMigrationError(
  message: string,
  code: MigrationCode,
  cause?: unknown,
): ConfigurationError {
  return new ConfigurationError(message, code, cause);
}

/** Where a statement stands, for people. */
export function describePlace(file: string, index: number, { line }: MigrationStatement): string {
  return `migration ${file}, statement ${index + 1} (line ${line})`;
}

/**
 * The error of a file that failed.
 * @param index zero-based index of the statement that failed; undefined when the whole file did
 */
export function toMigrationError(
  error: unknown,
  migration: Migration,
  index: number | undefined,
): DatabaseError {
  const statement = index === undefined ? undefined : migration.statements[index];
  const place =
    statement === undefined
      ? `migration ${migration.name}`
      : describePlace(migration.name, index as number, statement);
  const details = toDetails(error);
  return new DatabaseError(`${place}: ${textOf(error)}; ${describeOutcome(details)}`, {
    ...details,
    cause: error,
  });
}

/** The message without the code that libSQL's errors put in front. */
export function textOf(error: unknown): string {
  const { code = '', message } = error as { code?: string; message: string };
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
}

/** The index in the batch of the statement that failed, when it was one. */
export function failedIndex(error: unknown): number | undefined {
  return error instanceof DatabaseBatchError ? error.statementIndex : undefined;
}

function toDetails(error: unknown): DatabaseErrorDetails {
  if (error instanceof DatabaseError) return detailsOf(error);
  return { code: 'MIGRATION_FAILED', kind: 'internal', outcome: 'unknown' };
}

function describeOutcome({ outcome }: DatabaseErrorDetails): string {
  return outcome === 'not-applied'
    ? 'nothing of this file was kept'
    : 'whether the file was applied is not known. Starting again is safe: the journal decides';
}
