import { resolveOptions } from '../../../lib/options/resolve-options.js';
import type {
  ResolvedOptions,
  ResolvedSqliteTarget,
  ResolvedTursoTarget,
} from '../../../lib/options/resolved-options.js';
import { ConfigurationError } from '../../../lib/errors/configuration-error.js';

export type Variables = Readonly<Record<string, unknown>>;

/** Options that a test writes wrong on purpose. */
export type LooseOptions = object;

/** Resolves options in an environment of these variables alone. */
export function resolveWith(
  options: LooseOptions,
  variables: Variables = {},
  name?: string,
): ResolvedOptions {
  return resolveOptions(options, {
    name,
    read: (variable) => variables[variable],
    nodeEnv: variables.NODE_ENV as string | undefined,
    cwd: '/work/app',
  });
}

export function resolveSqlite(options: LooseOptions, variables?: Variables): ResolvedSqliteTarget {
  const { target } = resolveWith(options, variables);
  if (target.backend !== 'sqlite') throw new Error('expected SQLite');
  return target;
}

export function resolveTurso(options: LooseOptions, variables?: Variables): ResolvedTursoTarget {
  const { target } = resolveWith(options, variables);
  if (target.backend !== 'turso') throw new Error('expected Turso');
  return target;
}

/** The error of a call that must fail. */
export function errorOf(call: () => unknown): ConfigurationError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('expected a ConfigurationError');
}

/** The token that a target holds. */
export function tokenOf({ authToken }: ResolvedTursoTarget): string | undefined {
  return typeof authToken === 'object' ? authToken.reveal() : undefined;
}

/** The message of that error, behind its code. */
export function messageOf(call: () => unknown): string {
  const { code, message } = errorOf(call);
  return message.replace(`${code}: `, '');
}
