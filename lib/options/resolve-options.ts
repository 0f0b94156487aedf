import { resolve } from 'node:path';
import type { DatabaseModuleOptions } from './database-module-options.js';
import { deepFreeze } from './deep-freeze.js';
import type { OptionsEnvironment } from './options-environment.js';
import { pickOptions } from './pick-options.js';
import type { PickedOptions } from './picked-options.js';
import type {
  ResolvedMigrationsOptions,
  ResolvedOptions,
  ResolvedSqliteOptions,
} from './resolved-options.js';
import { resolveFallback } from './resolve-fallback.js';
import { resolveName } from './resolve-name.js';
import { resolveReplica } from './resolve-replica.js';
import { resolveTarget } from './resolve-target.js';
import { temporarySynchronous } from './default-options.js';

/**
 * Makes complete, checked and deeply frozen options of what the code and the environment say. Code beats environment, option by
 * option; the token, the TLS options and the encryption key are read from the environment only if the URL was.
 * Touches no database; TLS files are read.
 *
 * @throws {ConfigurationError} naming the option or variable, the shape of its value and the fix
 */
export function resolveOptions(options: DatabaseModuleOptions, env: OptionsEnvironment): ResolvedOptions {
  const picked = pickOptions(options, { ...env, name: resolveName(env.name) });
  const { target, warnings } = resolveTarget(picked, env);

  return deepFreeze({
    target,
    intMode: picked.get('intMode'),
    lazy: picked.get('lazy'),
    connectTimeoutMs: picked.get('connectTimeoutMs'),
    queryTimeoutMs: picked.get('queryTimeoutMs'),
    transactionTimeoutMs: picked.get('transactionTimeoutMs'),
    migrationTimeoutMs: picked.get('migrationTimeoutMs'),
    bootTimeoutMs: picked.get('bootTimeoutMs'),
    shutdownTimeoutMs: picked.get('shutdownTimeoutMs'),
    maxAttempts: picked.get('maxAttempts'),
    onUnavailable: picked.get('onUnavailable'),
    fallback: resolveFallback(picked, target, env),
    pool: { readers: picked.get('pool.readers'), maxStreams: picked.get('pool.maxStreams') },
    sqlite: resolveSqlite(picked, target.backend === 'sqlite' && target.temporary),
    replica: resolveReplica(picked, target, env.cwd),
    consistency: picked.get('consistency'),
    refuseUnfinishedTransfer: picked.get('refuseUnfinishedTransfer'),
    migrations: resolveMigrations(picked, env.cwd),
    onConnectionCreate: picked.get('onConnectionCreate'),
    warnings,
  });
}

function resolveSqlite(picked: PickedOptions, temporary: boolean): ResolvedSqliteOptions {
  const isDefault = picked.originOf('sqlite.synchronous') === undefined;
  return {
    synchronous: temporary && isDefault ? temporarySynchronous : picked.get('sqlite.synchronous'),
    journalMode: picked.get('sqlite.journalMode'),
    cacheSizeKb: picked.get('sqlite.cacheSizeKb'),
    mmapSizeMb: picked.get('sqlite.mmapSizeMb'),
    pragmas: { ...picked.get('sqlite.pragmas') },
  };
}

function resolveMigrations(picked: PickedOptions, cwd: string): ResolvedMigrationsOptions | undefined {
  const directory = picked.get('migrations.directory');
  if (directory === undefined) {
    const run = picked.originOf('migrations.run');
    if (run !== undefined) throw run.createError('does nothing without a folder: set "migrations.directory"');
    return undefined;
  }
  return { directory: resolve(cwd, directory), run: picked.get('migrations.run') };
}
