import { detectDatabaseType } from './detect-database-type.js';
import { optionPaths, optionRules } from './option-rules.js';
import type { OptionPath } from './option-values.js';
import type { OptionsEnvironment } from './options-environment.js';
import { parseVariable } from './parse-variable.js';
import { createOrigin, PickedOptions, type IgnoredVariable, type PickedValue } from './picked-options.js';
import { readVariable } from './read-variable.js';
import { isServerOption } from './server-options.js';
import { throwProblems, validateOptions } from './validate-options.js';

/**
 * Chooses between code and environment, option by option.
 *
 * @throws {ConfigurationError} with every problem of names, types and ranges
 */
export function pickOptions(options: unknown, env: OptionsEnvironment): PickedOptions {
  const picks = new Map<OptionPath, PickedValue>();
  for (const [path, value] of validateOptions(options)) {
    picks.set(path, { value, origin: createOrigin('code', labelOf(path, env.name)) });
  }
  const problems: string[] = [];
  const ignored: IgnoredVariable[] = [];
  // The URL comes first, so what belongs to it can be judged.
  for (const path of optionPaths) {
    const found = picks.has(path) ? undefined : readVariable(path, env.name, env.read);
    if (found === undefined) continue;
    const url = picks.get('url');
    if (isServerOption(path) && url?.origin.source !== 'environment') {
      ignored.push({ path, variable: found.variable });
      continue;
    }
    // A token left over in the environment of a local database is no mistake.
    if (isServerOption(path) && detectDatabaseType(url?.value) === 'sqlite') continue;
    const { value, problem } = parseVariable(optionRules[path], found.raw);
    if (problem === undefined)
      picks.set(path, { value, origin: createOrigin('environment', found.variable) });
    else problems.push(`${found.variable} ${problem}`);
  }
  throwProblems(problems);
  return new PickedOptions(picks, ignored);
}

function labelOf(path: OptionPath, name: string | undefined): string {
  return name === undefined ? `the option "${path}"` : `the option "${path}" of the connection "${name}"`;
}
