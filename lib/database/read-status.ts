import type { ResolvedOptions } from '../options/resolved-options.js';
import type { ConnectionCalls } from './connection-calls.js';
import type { ConnectionStatus } from './connection-status.js';

/** What a connection knows about itself now; no I/O. */
export function readStatus(calls: ConnectionCalls, options: ResolvedOptions): ConnectionStatus {
  const { opened, target, state, since, degradedBy, inFlight } = calls.session;
  return {
    backend: target.backend,
    location: target.location,
    state,
    since,
    fallback: target === options.fallback,
    degradedBy,
    inFlight,
    waiting: opened?.connection.waiting() ?? 0,
    attempts: opened?.budget?.attempts ?? 0,
    retries: opened?.budget?.retries ?? 0,
    timeouts: calls.timeouts,
    breaker: opened?.breaker?.status,
    replica: opened?.connection.replica?.status(),
    lastError: calls.lastError,
    capabilities: opened?.driver.capabilities,
  };
}
