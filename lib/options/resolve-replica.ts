import { resolve } from 'node:path';
import type { PickedOptions } from './picked-options.js';
import type { ResolvedOptions, ResolvedReplicaOptions } from './resolved-options.js';

/** What libSQL's own sync takes no setting for. */
const tlsPaths = ['tls.ca', 'tls.cert', 'tls.key', 'tls.servername', 'tls.rejectUnauthorized'] as const;

/**
 * Finds the replica, and refuses what would have no effect on it.
 *
 * @returns `undefined` without one
 * @throws {ConfigurationError} naming the variable or option
 */
export function resolveReplica(
  picked: PickedOptions,
  target: ResolvedOptions['target'],
  cwd: string,
): ResolvedReplicaOptions | undefined {
  const path = picked.get('replica.path');
  if (path === undefined || target.backend !== 'turso') {
    assertNoReplicaOptions(picked);
    return undefined;
  }
  for (const tlsPath of tlsPaths) {
    const origin = target.secure ? picked.originOf(tlsPath) : undefined;
    if (origin !== undefined)
      throw origin.createError(
        'cannot be used beside a replica: libSQL trusts the built-in authorities only',
      );
  }
  if (path === ':memory:' || /^(file|sqlite|libsql|https?|wss?):/i.test(path))
    throw picked.explain('replica.path', 'must be the path of a file');
  const source = picked.originOf('replica.path')?.label ?? 'the replica';
  return {
    path: resolve(cwd, path),
    source,
    syncIntervalMs: picked.get('replica.syncIntervalMs'),
    maxStalenessMs: picked.get('replica.maxStalenessMs'),
    fallsBack: picked.get('fallback.replica'),
  };
}

function assertNoReplicaOptions(picked: PickedOptions): void {
  for (const path of ['replica.syncIntervalMs', 'replica.maxStalenessMs', 'fallback.replica'] as const) {
    const origin = path === 'fallback.replica' && !picked.get(path) ? undefined : picked.originOf(path);
    if (origin !== undefined) throw origin.createError('does nothing without a replica: set "replica.path"');
  }
}
