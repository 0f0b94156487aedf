import type { OptionsEnvironment } from './options-environment.js';
import { parseUrl } from './parse-url.js';
import type { PickedOptions } from './picked-options.js';
import { toSqliteTarget } from './resolve-target.js';
import type { ResolvedOptions, ResolvedSqliteTarget } from './resolved-options.js';

/**
 * Finds the fallback, and refuses what would not do what its author expects of `onUnavailable` and `fallback`.
 *
 * @returns `undefined` unless `onUnavailable` is `fallback`
 * @throws {ConfigurationError} naming the variable or option
 */
export function resolveFallback(
  picked: PickedOptions,
  target: ResolvedOptions['target'],
  env: OptionsEnvironment,
): ResolvedSqliteTarget | undefined {
  const mode = picked.get('onUnavailable');
  const url = picked.get('fallback.url');
  if (mode !== 'fail' && picked.get('lazy')) {
    throw picked.explain('onUnavailable', 'is about the boot, and "lazy" opens nothing then: remove one');
  }
  if (url !== undefined && picked.get('fallback.replica'))
    throw picked.explain('fallback.replica', 'and "fallback.url" exclude each other: remove one');
  if (mode !== 'fallback') {
    for (const path of ['fallback.url', 'fallback.allowInProduction'] as const) {
      const origin = picked.originOf(path);
      if (origin !== undefined)
        throw origin.createError('does nothing alone: set "onUnavailable" to "fallback"');
    }
    return undefined;
  }
  if (url === undefined) {
    throw picked.explain('onUnavailable', 'is "fallback", and there is none: set "fallback.url"');
  }
  if (target.backend !== 'turso') {
    throw picked.explain(
      'onUnavailable',
      `is "fallback", which is for Turso, and ${target.source} is SQLite`,
    );
  }
  if (env.nodeEnv === 'production' && !picked.get('fallback.allowInProduction')) {
    const problem =
      'is "fallback", and NODE_ENV is "production": what is written to the fallback never reaches the database. Use "degraded", or set "fallback.allowInProduction"';
    throw picked.explain('onUnavailable', problem);
  }
  return resolveFile(picked, url, env.cwd);
}

function resolveFile(picked: PickedOptions, url: string, cwd: string): ResolvedSqliteTarget {
  const explain = (problem: string): Error => picked.explain('fallback.url', problem);
  const parsed = parseUrl(url, (problem, code) => picked.explain('fallback.url', problem, code));
  if (parsed.backend !== 'sqlite') throw explain('must be a SQLite URL (sqlite:./fallback.db)');
  if (parsed.path === ':memory:') throw explain('must name a file: memory is lost with the process');
  return toSqliteTarget(parsed, cwd, picked.originOf('fallback.url')?.label ?? 'the fallback');
}
