import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../support/fault.js';
import type { FaultProxy } from '../support/fault-proxy.js';
import type { SqldServer } from '../support/sqld-server.js';
import { createRandom } from './random.js';

/** Where a storm rages. */
export interface StormPlace {
  readonly server: SqldServer;
  readonly proxy: FaultProxy;
}

/** What one request meets. */
const faults: Readonly<Record<string, Fault>> = {
  'reset before': { kind: 'reset-before-forward' },
  'reset behind': { kind: 'reset-after-forward' },
  'FIN in the body': { kind: 'fin-mid-body' },
  drip: { kind: 'drip', bytes: 1, everyMs: 1_000 },
  'black hole': { kind: 'blackhole' },
  slow: { kind: 'delay', upMs: 100, downMs: 100 },
  429: { kind: 'respond', status: 429, headers: { 'retry-after': '0' } },
  '500 before': { kind: 'respond', status: 500 },
  '503 behind': { kind: 'respond', status: 503, afterForward: true },
  'page behind': { kind: 'respond', status: 200, body: '<html>', afterForward: true },
  'broken JSON before': { kind: 'respond', status: 200, body: '{"results":[' },
};

/** What everybody meets. */
const outages: Readonly<Record<string, (place: StormPlace) => Promise<void>>> = {
  'all reset': async ({ proxy }) => proxy.resetConnections(),
  'connections refused': async ({ proxy }) => {
    await proxy.refuse();
    await sleep(1_500);
    await proxy.accept();
  },
  SIGSTOP: async ({ server }) => {
    await server.kill('SIGSTOP');
    await sleep(1_500);
    await server.kill('SIGCONT');
  },
  SIGKILL: async ({ server }) => {
    await server.kill('SIGKILL');
    await server.restart();
  },
};

const faultEveryMs = 100;
const faultsBetweenOutages = 60;

/** So many requests pass between two faults: one that met every lone probe of an open breaker would be an outage without end. */
const unbrokenRequests = 2;

/**
 * Breaks requests one by one, and everything now and then, until told to stop; nothing is broken any more when it resolves. The seed
 * decides which faults come in which order; what they meet depends on the machine.
 * @returns how often each kind came
 */
export async function rage(
  place: StormPlace,
  seed: number,
  stop: AbortSignal,
): Promise<Record<string, number>> {
  const random = createRandom(seed);
  const counts: Record<string, number> = {};
  const pick = <T>(choices: Readonly<Record<string, T>>): T => {
    const [name, choice] = Object.entries(choices)[Math.floor(random() * Object.keys(choices).length)] as [
      string,
      T,
    ];
    counts[name] = (counts[name] ?? 0) + 1;
    return choice;
  };
  let requestsAtFault = 0;
  for (let n = 1; !stop.aborted; n++) {
    await sleep(faultEveryMs);
    // what met nobody is not left for later
    place.proxy.clear();
    if (n % faultsBetweenOutages === 0) await pick(outages)(place);
    else if (place.proxy.counts.requests - requestsAtFault > unbrokenRequests) {
      requestsAtFault = place.proxy.counts.requests;
      place.proxy.inject(pick(faults), { requests: 1 });
    }
  }
  place.proxy.clear();
  return counts;
}
