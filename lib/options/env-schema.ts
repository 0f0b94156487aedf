import { ConfigurationError } from '../errors/configuration-error.js';
import { describeShape } from './describe-value.js';
import { findEnvProblems, type EnvProblem } from './find-env-problems.js';
import { joinProblems } from './validate-options.js';

type Env = Record<string, unknown>;

/** What `ConfigModule` takes as `validationSchema`: a Standard Schema (Config 12) that also validates as Joi does (Config 4). */
export interface DatabaseEnvSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'nestjs-turso';
    readonly validate: (
      env: unknown,
    ) => { readonly value: Env; readonly issues?: undefined } | { readonly issues: readonly EnvIssue[] };
  };
  validate(env: unknown, options?: unknown): { value: Env; error?: ConfigurationError };
}

interface EnvIssue {
  readonly message: string;
  readonly path: readonly string[];
}

/**
 * Checks the variables of the default connection. Other keys pass through, values stay as they are written, and a missing URL is
 * no error, because the code may set it.
 */
export const databaseEnvSchema: DatabaseEnvSchema = Object.freeze({
  '~standard': Object.freeze({
    version: 1,
    vendor: 'nestjs-turso',
    validate: (env: unknown) => {
      if (!isEnv(env)) return { issues: [{ message: describeWrongEnv(env), path: [] }] };
      const issues = findEnvProblems(env, []).map(({ variable, problem }) => ({
        message: problem,
        path: [variable],
      }));
      return issues.length === 0 ? { value: env } : { issues };
    },
  }),
  validate: (env: unknown) => {
    if (!isEnv(env)) return { value: {}, error: new ConfigurationError(describeWrongEnv(env)) };
    const problems = findEnvProblems(env, []);
    return problems.length === 0 ? { value: env } : { value: env, error: toError(problems) };
  },
});

/**
 * The same as a function, for the option `validate` of `ConfigModule`. Returns what it was given.
 *
 * @param names of further connections, whose variables are checked too
 * @throws {ConfigurationError} with the problems of all variables, one a line
 */
export function validateDatabaseEnv<T extends Record<string, unknown>>(
  env: T,
  names: readonly string[] = [],
): T {
  if (!isEnv(env)) throw new ConfigurationError(describeWrongEnv(env));
  const problems = findEnvProblems(env, names);
  if (problems.length > 0) throw toError(problems);
  return env;
}

function toError(problems: readonly EnvProblem[]): ConfigurationError {
  const lines = problems.map(({ variable, problem }) => `${variable} ${problem}`);
  return new ConfigurationError(joinProblems(lines), problems.length === 1 ? problems[0]?.code : undefined);
}

function isEnv(env: unknown): env is Env {
  return typeof env === 'object' && env !== null && !Array.isArray(env);
}

function describeWrongEnv(env: unknown): string {
  return `The environment must be an object of variables, got ${describeShape(env)}`;
}
