import type { CallOptions, Statement, StatementInput } from '../contract/statement.js';
import type { InputArgs, SqlArgs, SqlValue } from '../contract/value.js';
import { createArgsError } from '../errors/usage-errors.js';
import { toSqlValue } from './to-sql-value.js';

/** A statement ready for a driver, with the options that stood in it. */
export interface PreparedInput {
  readonly statement: Statement;
  readonly options: CallOptions;
}

const noArgs: readonly SqlValue[] = [];
const noOptions: CallOptions = {};

/**
 * Reads a statement in any of libSQL's forms: a text, a text and arguments, an object, a pair.
 * @throws DatabaseError `ARGS_INVALID`
 */
export function toStatement(input: StatementInput, args?: InputArgs): PreparedInput {
  if (typeof input === 'string') return { statement: { sql: input, args: toArgs(args) }, options: noOptions };
  if (Array.isArray(input)) {
    const [sql, own] = input as readonly [string, InputArgs?];
    return toStatement(sql, own);
  }
  const object = input as Exclude<StatementInput, string | readonly unknown[]> | null | undefined;
  if (typeof object?.sql !== 'string')
    throw createArgsError('a statement is a string, an object { sql, args } or a pair [sql, args]');
  return { statement: { sql: object.sql, args: toArgs(object.args ?? args) }, options: object };
}

function toArgs(args: InputArgs | undefined): SqlArgs {
  if (args === undefined || args === null) return noArgs;
  if (Array.isArray(args))
    return args.map((value, index) => toSqlValue(value, `the argument at position ${index + 1}`));
  if (typeof args !== 'object')
    throw createArgsError('arguments are an array, or an object of names and values');
  const named = new Map<string, SqlValue>();
  for (const [key, value] of Object.entries(args)) {
    const name = /^[:@$]/.test(key) ? key.slice(1) : key;
    named.set(name, toSqlValue(value, `the argument "${name}"`));
  }
  return named;
}
