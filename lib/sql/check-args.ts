import type { SqlArgs } from '../contract/value.js';
import { createArgsError } from '../errors/usage-errors.js';
import type { ParameterList } from './read-parameters.js';

/**
 * Refuses arguments that do not fit the statement, in the same words on every backend: each engine ignores or misses others.
 * @throws DatabaseError `ARGS_INVALID`
 */
export function checkArgs({ names }: ParameterList, args: SqlArgs): void {
  if (args instanceof Map) checkNames(names, args as ReadonlyMap<string, unknown>);
  else checkPositions(names, args as readonly unknown[]);
}

function checkPositions(names: ParameterList['names'], args: readonly unknown[]): void {
  if (args.length < names.length)
    throw createArgsError(`the argument at position ${args.length + 1} is missing`);
  if (args.length > names.length) {
    throw createArgsError(`the statement has ${names.length} parameters and got ${args.length} arguments`);
  }
}

function checkNames(names: ParameterList['names'], args: ReadonlyMap<string, unknown>): void {
  for (const name of args.keys()) {
    if (!names.includes(name)) throw createArgsError(`the statement has no parameter named "${name}"`);
  }
  for (const [index, name] of names.entries()) {
    if (name === undefined) throw createArgsError(`the argument at position ${index + 1} is missing`);
    if (!args.has(name)) throw createArgsError(`the argument "${name}" is missing`);
  }
}
