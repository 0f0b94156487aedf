import { LibsqlBatchError, LibsqlError } from '@libsql/core/api';
import { readConstraint, type ConstraintKind, type ConstraintViolation } from './read-constraint.js';

/** Why a call failed. */
export type DatabaseErrorKind =
  | 'configuration'
  | 'constraint'
  | 'busy'
  | 'timeout'
  | 'aborted'
  | 'unavailable'
  | 'auth'
  | 'read-only'
  | 'syntax'
  | 'too-large'
  | 'closed'
  | 'corrupt'
  | 'internal';

/** What became of the statement: `unknown` means that it may have been applied, so only an idempotent one may be sent again. */
export type Outcome = 'not-applied' | 'applied' | 'unknown';

/** What a `DatabaseError` carries beside its message. */
export interface DatabaseErrorDetails {
  /** libSQL's code: `SQLITE_CONSTRAINT`, `CLIENT_CLOSED`, `URL_INVALID` … */
  readonly code: string;
  readonly kind: DatabaseErrorKind;
  readonly outcome: Outcome;
  /** SQLite's extended code, such as `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly extendedCode?: string | undefined;
  /** SQLite's numeric code. */
  readonly rawCode?: number | undefined;
  /** When a new attempt may succeed, in milliseconds, where the server said so. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const noViolation: ConstraintViolation = { constraint: undefined, table: undefined, columns: [] };

function violationOf(message: string, { kind, extendedCode }: DatabaseErrorDetails): ConstraintViolation {
  return kind === 'constraint' ? readConstraint(extendedCode, message) : noViolation;
}

/** Marks our errors across copies of this package in one process. */
const brand = Symbol.for('nestjs-turso.DatabaseError');

/**
 * Every failure of a connection. It is a `LibsqlError`, so code written for a libSQL client keeps working, and says in addition
 * why (`kind`) and what became of the statement (`outcome`). Its message never holds a bound value or a credential.
 */
export class DatabaseError extends LibsqlError {
  readonly kind: DatabaseErrorKind;
  readonly outcome: Outcome;
  readonly retryAfterMs: number | undefined;
  /** Of a constraint error: which rule, and table and columns where SQLite tells. */
  readonly constraint: ConstraintKind | undefined;
  readonly table: string | undefined;
  readonly columns: readonly string[];

  constructor(message: string, details: DatabaseErrorDetails) {
    super(message, details.code, details.extendedCode, details.rawCode, toCause(details.cause));
    this.name = 'DatabaseError';
    this.kind = details.kind;
    this.outcome = details.outcome;
    this.retryAfterMs = details.retryAfterMs;
    ({
      constraint: this.constraint,
      table: this.table,
      columns: this.columns,
    } = violationOf(message, details));
  }

  get [brand](): true {
    return true;
  }

  /** True for the errors of every copy of this package, batch errors included. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== DatabaseError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true;
  }
}

/** A statement of a batch failed: a `LibsqlBatchError` that also answers to `instanceof DatabaseError`. */
export class DatabaseBatchError extends LibsqlBatchError {
  readonly kind: DatabaseErrorKind;
  readonly outcome: Outcome;
  readonly retryAfterMs: number | undefined;
  readonly constraint: ConstraintKind | undefined;
  readonly table: string | undefined;
  readonly columns: readonly string[];

  /** @param statementIndex zero-based index of the statement that failed */
  constructor(message: string, statementIndex: number, details: DatabaseErrorDetails) {
    super(
      message,
      statementIndex,
      details.code,
      details.extendedCode,
      details.rawCode,
      toCause(details.cause),
    );
    this.name = 'DatabaseBatchError';
    this.kind = details.kind;
    this.outcome = details.outcome;
    this.retryAfterMs = details.retryAfterMs;
    ({
      constraint: this.constraint,
      table: this.table,
      columns: this.columns,
    } = violationOf(message, details));
  }

  get [brand](): true {
    return true;
  }
}

/** Wraps the error of the statement at `index` of a batch; anything that is no `DatabaseError` is returned as it is. */
export function toBatchError(error: unknown, index: number): unknown {
  if (!(error instanceof DatabaseError) || error instanceof DatabaseBatchError) return error;
  return new DatabaseBatchError(readText(error), index, { ...detailsOf(error), cause: error });
}

/** What the error of a script says when statements before the failed one committed by themselves. */
export const partOfScript = 'statements of the script before it may be kept';

/** The same error with another outcome, and `addition` behind its message; anything that is no `DatabaseError` as it is. */
export function withOutcome(error: unknown, outcome: Outcome, addition: string): unknown {
  if (!(error instanceof DatabaseError) || error.outcome === outcome) return error;
  return new DatabaseError(`${readText(error)}; ${addition}`, { ...detailsOf(error), outcome, cause: error });
}

/** An error of the caller's own, of what ended the calls of several: one can be changed without the others. */
export function toOwnError(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  return new DatabaseError(readText(error), { ...detailsOf(error), cause: error });
}

/** The message without the code that `LibsqlError` puts in front. */
function readText({ message, code }: DatabaseError): string {
  return message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
}

/** The details of an error, to make a similar one. */
export function detailsOf(error: DatabaseError): DatabaseErrorDetails {
  const { code, kind, outcome, extendedCode, rawCode, retryAfterMs, cause } = error;
  return { code, kind, outcome, extendedCode, rawCode, retryAfterMs, cause };
}

function toCause(cause: unknown): Error | undefined {
  if (cause === undefined) return undefined;
  return cause instanceof Error || isErrorLike(cause) ? (cause as Error) : new Error(describe(cause));
}

/** A thrown or given value that is no error: its text where it is a text, else its type. */
function describe(cause: unknown): string {
  return typeof cause === 'string' ? cause : `a ${typeof cause} instead of an error`;
}

/** `instanceof Error` is false across realms, which is where Jest loads native modules. */
function isErrorLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}
