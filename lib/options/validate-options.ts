import { ConfigurationError } from '../errors/configuration-error.js';
import { findValueProblem } from './check-value.js';
import { describeShape } from './describe-value.js';
import { foreignNames } from './not-options.js';
import { optionGroups, optionPaths, optionRules } from './option-rules.js';
import type { OptionPath } from './option-values.js';
import { suggest } from './suggest.js';

/** Options as they were written, flat: path to value, without those that were left out. */
export type WrittenOptions = ReadonlyMap<OptionPath, unknown>;

/**
 * Checks names, types and ranges of options from code and gives them back by path. `undefined` counts as left out.
 *
 * @throws {ConfigurationError} with every problem, one a line
 */
export function validateOptions(options: unknown): WrittenOptions {
  if (!isGroup(options))
    throw new ConfigurationError(
      `The options of a connection must be an object, got ${describeShape(options)}`,
    );
  const problems = findUnknown(options, '');
  const written = new Map<OptionPath, unknown>();
  for (const group of optionGroups) {
    const inner = options[group];
    if (inner === undefined) continue;
    if (isGroup(inner)) problems.push(...findUnknown(inner, `${group}.`));
    else problems.push(`The option "${group}" must be an object, got ${describeShape(inner)}`);
  }
  for (const path of optionPaths) {
    const value = readPath(options, path);
    if (value === undefined) continue;
    const problem = findValueProblem(optionRules[path], value);
    if (problem === undefined) written.set(path, value);
    else problems.push(`The option "${path}" ${problem}`);
  }
  throwProblems(problems);
  return written;
}

/** @throws {ConfigurationError} when there is any problem */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigurationError(joinProblems(problems));
}

/** One problem as it is, several one a line. */
export function joinProblems(problems: readonly string[]): string {
  return problems.length === 1
    ? problems.join()
    : `${problems.length} problems${problems.map((line) => `\n- ${line}`).join('')}`;
}

function findUnknown(group: Record<string, unknown>, prefix: string): string[] {
  const isKnown = (key: string): boolean =>
    Object.hasOwn(optionRules, prefix + key) || (prefix === '' && optionGroups.includes(key));
  return Object.keys(group)
    .filter((key) => !isKnown(key) && group[key] !== undefined)
    .map((key) => explainUnknown(prefix + key));
}

function explainUnknown(path: string): string {
  const shown = JSON.stringify(path.slice(0, 60));
  if (path === 'name')
    return 'The option "name" stands beside the factory of the options, not in them: forRootAsync({ name, useFactory })';
  const leaf = path.slice(path.indexOf('.') + 1);
  const moved = optionPaths.find((known) => known.endsWith(`.${leaf}`) || known === leaf);
  const siblings = [
    ...optionPaths.filter((known) => known.includes('.') === path.includes('.')),
    ...optionGroups,
  ];
  const meant = foreignNames.get(path) ?? moved ?? suggest(path, siblings) ?? suggest(leaf, optionPaths);
  if (meant !== undefined) return `Unknown option ${shown}: did you mean "${meant}"?`;
  if (!path.includes('.')) return `Unknown option ${shown}`;
  const beside = optionPaths.filter((known) => known.startsWith(path.slice(0, path.indexOf('.') + 1)));
  return `Unknown option ${shown}: there are ${beside.join(', ')}`;
}

function readPath(options: Record<string, unknown>, path: string): unknown {
  const [first, second] = path.split('.') as [string, string | undefined];
  const value = options[first];
  if (second === undefined) return value;
  return isGroup(value) ? value[second] : undefined;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
