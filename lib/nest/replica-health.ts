import type { ReplicaStatus } from '../contract/connection.js';

/** How far a replica is behind, as a health answer tells it. */
export interface ReplicaHealth extends Pick<
  ReplicaStatus,
  'state' | 'ageMs' | 'lastSyncError' | 'historyId'
> {
  readonly framesBehind: number;
  /** ISO 8601. */
  readonly lastSyncAt: string | undefined;
}

/** What a replica keeps from being as good as it should be. */
export interface ReplicaWeakness {
  readonly status: 'up';
  readonly state: 'degraded';
  readonly code: string;
  readonly message: string;
  readonly since: string;
}

/** Numbers and dates in a form that JSON takes. */
export function toReplicaHealth(replica: ReplicaStatus): ReplicaHealth {
  const { state, framesBehind, ageMs, lastSyncAt, lastSyncError, historyId } = replica;
  return {
    state,
    framesBehind: Number(framesBehind),
    ageMs,
    lastSyncAt: lastSyncAt?.toISOString(),
    lastSyncError,
    historyId,
  };
}

export function findReplicaWeakness(replica: ReplicaStatus): ReplicaWeakness | undefined {
  const { state, isStale, lastSyncAt, ageMs = 0 } = replica;
  // the data may be of a sync of an earlier process
  const since = (lastSyncAt ?? new Date(Date.now() - ageMs)).toISOString();
  const status = 'up';
  if (isStale) {
    const message = 'The replica serves, and is older than it may be';
    return { status, state: 'degraded', code: 'REPLICA_STALE', message, since };
  }
  if (state !== 'schema') return undefined;
  const message = 'The replica cannot read the schema, so the primary serves every read';
  return { status, state: 'degraded', code: 'REPLICA_SCHEMA', message, since };
}
