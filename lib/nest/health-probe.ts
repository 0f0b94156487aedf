import { createDeadline } from '../async/deadline.js';
import { within } from '../async/within.js';
import { withoutRequestDeadline } from '../database/ambient-deadline.js';
import type { DatabaseConnection } from '../database/database-connection.js';

/** What one statement found out. */
export type ProbeResult = { readonly latencyMs: number } | { readonly error: unknown };

interface Probe {
  readonly result: Promise<ProbeResult>;
  readonly stop: AbortController;
  callers: number;
}

/** Asks one database whether it answers: callers who come together share a statement, those who come soon after it its result. */
export class HealthProbe {
  readonly #connection: DatabaseConnection;
  #running: Probe | undefined;
  #last: { readonly result: ProbeResult; readonly at: number } | undefined;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  /**
   * @param timeoutMs of this caller alone: the statement goes on as long as another one waits for it
   * @param cacheForMs how old a result may be; 0 asks for a statement of its own
   */
  async check(timeoutMs: number, cacheForMs: number): Promise<ProbeResult> {
    const { state } = this.#connection.status();
    // a connection in any other state knows something newer than the last statement did
    const usable = state === 'open' || state === 'degraded';
    if (usable && this.#last !== undefined && performance.now() - this.#last.at < cacheForMs) {
      return this.#last.result;
    }
    const probe = cacheForMs > 0 ? (this.#running ??= this.#start()) : this.#start();
    probe.callers++;
    const waiting = within(probe.result, createDeadline(timeoutMs), 'checking the database');
    const result = await waiting.catch((error: unknown) => ({ error }));
    // a statement that somebody gave up may hang for long: who comes next asks anew
    if ('error' in result && this.#running === probe) this.#running = undefined;
    if (--probe.callers === 0) this.#leave(probe, result);
    return result;
  }

  #start(): Probe {
    const stop = new AbortController();
    const start = performance.now();
    // its callers bound it: the last one to leave ends it
    const { signal } = stop;
    const ping = withoutRequestDeadline(() => this.#connection.ping({ timeoutMs: Infinity, signal }));
    const result = ping.then(
      () => this.#keep({ latencyMs: Math.round((performance.now() - start) * 10) / 10 }, signal),
      (error: unknown) => this.#keep({ error }, signal),
    );
    return { result, stop, callers: 0 };
  }

  #keep(result: ProbeResult, { aborted }: AbortSignal): ProbeResult {
    if (!aborted) this.#last = { result, at: performance.now() };
    return result;
  }

  #leave(probe: Probe, result: ProbeResult): void {
    if (this.#running === probe) this.#running = undefined;
    if ('error' in result) probe.stop.abort(result.error);
  }
}
