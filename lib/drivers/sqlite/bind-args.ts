import type { SqlArgs, SqlValue } from '../../contract/value.js';
import { checkArgs } from '../../sql/check-args.js';
import type { ParameterList } from '../../sql/read-parameters.js';

/**
 * Puts arguments into better-sqlite3's form: a list for plain `?`, one object for everything that has a name (also `?12`, whose
 * name is its number).
 * @throws DatabaseError `ARGS_INVALID`
 */
export function bindArgs(parameters: ParameterList, args: SqlArgs): unknown[] {
  checkArgs(parameters, args);
  if (args instanceof Map)
    return args.size === 0 ? [] : [Object.fromEntries(args as ReadonlyMap<string, SqlValue>)];
  const values = args as readonly SqlValue[];
  return parameters.plain ? (values as unknown[]) : splitByName(parameters, values);
}

function splitByName({ names }: ParameterList, values: readonly SqlValue[]): unknown[] {
  const listed: SqlValue[] = [];
  const named: Record<string, SqlValue> = {};
  for (const [index, name] of names.entries()) {
    const value = values[index] as SqlValue;
    if (name === undefined) listed.push(value);
    else named[name] = value;
  }
  return [...listed, named];
}
