import type { CallOptions, Statement, StatementInput } from '../contract/statement.js';
import type { InputArgs, SqlArgs, SqlValue } from '../contract/value.js';
import { createArgsError } from '../errors/usage-errors.js';
import { checkConsistency } from './check-call-options.js';
import { toSqlValue } from './to-sql-value.js';

/** A statement ready for a driver, with the options that stood in it. */
export interface PreparedInput {
  readonly statement: Statement;
  readonly options: CallOptions;
}

const noArgs: readonly SqlValue[] = [];
/** What most calls bring along: then nothing is to be asked. */
export const noOptions: CallOptions = {};

/**
 * Reads a statement in any of libSQL's forms: a text, a text and arguments, an object, a pair.
 * @param defaults options that hold unless the statement brings its own
 * @throws DatabaseError `ARGS_INVALID`
 */
export function toStatement(
  input: StatementInput,
  args?: InputArgs,
  defaults: CallOptions = noOptions,
): PreparedInput {
  if (typeof input === 'string') return prepare(input, args, defaults);
  if (Array.isArray(input)) {
    const [sql, own] = input as readonly [string, InputArgs?];
    return toStatement(sql, own, defaults);
  }
  const object = input as Exclude<StatementInput, string | readonly unknown[]> | null | undefined;
  if (typeof object?.sql !== 'string')
    throw createArgsError('a statement is a string, an object { sql, args } or a pair [sql, args]');
  return prepare(
    object.sql,
    object.args ?? args,
    defaults === noOptions ? object : { ...defaults, ...object },
  );
}

function prepare(sql: string, args: InputArgs | undefined, options: CallOptions): PreparedInput {
  if (options === noOptions) return { statement: { sql, args: toArgs(args) }, options };
  const { idempotent, consistency, timeoutMs, signal } = options;
  checkConsistency(consistency);
  const statement: Statement = {
    sql,
    args: toArgs(args),
    ...(idempotent === true && { idempotent: true }),
    ...((timeoutMs !== undefined || signal !== undefined) && { alone: true }),
    ...(consistency !== undefined && { consistency }),
  };
  return { statement, options };
}

function toArgs(args: InputArgs | undefined): SqlArgs {
  if (args === undefined || args === null) return noArgs;
  if (Array.isArray(args)) return args.map(toSqlValue);
  if (typeof args !== 'object')
    throw createArgsError('arguments are an array, or an object of names and values');
  const named = new Map<string, SqlValue>();
  for (const [key, value] of Object.entries(args)) {
    const name = /^[:@$]/.test(key) ? key.slice(1) : key;
    named.set(name, toSqlValue(value, name));
  }
  return named;
}
