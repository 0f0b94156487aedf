import { ConfigurationError } from '../errors/configuration-error.js';
import { detectDatabaseType } from './detect-database-type.js';
import { optionPaths, optionRules } from './option-rules.js';
import { parseUrl } from './parse-url.js';
import { parseVariable } from './parse-variable.js';
import { readVariable } from './read-variable.js';
import { assertDistinctNames, resolveName } from './resolve-name.js';
import { isServerOption } from './server-options.js';

/** What is wrong with a variable, as the end of a sentence that starts with its name. */
export interface EnvProblem {
  readonly variable: string;
  readonly problem: string;
  readonly code: string | undefined;
}

/**
 * Looks at the variables of the default connection and of those in `names`, each for itself.
 *
 * @throws {ConfigurationError} when a name is wrong
 */
export function findEnvProblems(env: Record<string, unknown>, names: readonly string[]): EnvProblem[] {
  const all = [undefined, ...names.map(resolveName)];
  assertDistinctNames(all);
  return all.flatMap((name) => findProblemsOf(env, name));
}

function findProblemsOf(env: Record<string, unknown>, name: string | undefined): EnvProblem[] {
  const read = (variable: string): unknown => env[variable];
  const url = readVariable('url', name, read)?.raw;
  const hasServer = url !== undefined && detectDatabaseType(url) !== 'sqlite';
  return optionPaths.flatMap((path) => {
    // Nobody reads these without a server: a token left over is no mistake.
    const found = isServerOption(path) && !hasServer ? undefined : readVariable(path, name, read);
    if (found === undefined) return [];
    const { value, problem } = parseVariable(optionRules[path], found.raw);
    if (problem !== undefined) return [{ variable: found.variable, problem, code: undefined }];
    const urlProblem = optionRules[path].kind === 'url' ? findUrlProblem(String(value)) : undefined;
    return urlProblem === undefined ? [] : [{ variable: found.variable, ...urlProblem }];
  });
}

function findUrlProblem(url: string): Omit<EnvProblem, 'variable'> | undefined {
  let found: Omit<EnvProblem, 'variable'> | undefined;
  try {
    parseUrl(url, (problem, code) => {
      found = { problem, code };
      return new ConfigurationError(problem, code);
    });
  } catch (error) {
    if (found === undefined) throw error;
  }
  return found;
}
