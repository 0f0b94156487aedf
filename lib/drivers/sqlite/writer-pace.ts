import type { Deadline } from '../../async/deadline.js';
import { sleep } from '../../async/sleep.js';

/** After this long of writes without a gap, in milliseconds … */
const longestRunMs = 20;
/** … the file is left alone for this long, so that another process gets its turn: it cannot queue at our gate. */
const restMs = 2;

/** Keeps a busy writer from starving other processes on the same file (measured: without rests they give up). */
export class WriterPace {
  #busySince: number | undefined;

  /** Called with the gate held, before a write. */
  async rest(deadline: Deadline): Promise<void> {
    const now = performance.now();
    this.#busySince ??= now;
    if (now - this.#busySince < longestRunMs) return;
    await sleep(restMs, deadline, 'leaving the database file to other processes');
    this.#busySince = performance.now();
  }

  /** Called when the gate is given back. */
  pass(othersWait: boolean): void {
    if (!othersWait) this.#busySince = undefined;
  }
}
