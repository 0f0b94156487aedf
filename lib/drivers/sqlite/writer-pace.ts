import type { Deadline } from '../../async/deadline.js';
import { sleep } from '../../async/sleep.js';
import { whileBusy } from './while-busy.js';

/** The file is left alone for this long, in milliseconds, so that another process gets its turn: it cannot queue at our gate … */
const restMs = 2;
/** … after so long of writes without such a gap, while another process writes … */
const sharedRunMs = 20;
/** … and after so long while none does, to let one in that begins. */
const ownRunMs = 200;
/** How long after its last write another process counts as writing, in milliseconds. */
const rememberMs = 2_000;

/** Keeps a busy writer from starving other processes on the same file (measured: without rests they give up). */
export class WriterPace {
  readonly #readVersion: () => unknown;
  #version: unknown;
  #busySince = -Infinity;
  #leftAt = -Infinity;
  #othersWroteAt = -Infinity;

  /** @param readVersion tells the version of the data, which changes when somebody else writes */
  constructor(readVersion: () => unknown) {
    this.#readVersion = readVersion;
  }

  /** With the gate held, before a write: whether it may go on at once. */
  mayGoOn(now: number): boolean {
    if (now - this.#leftAt >= restMs) this.#busySince = now;
    const longestRunMs = now - this.#othersWroteAt < rememberMs ? sharedRunMs : ownRunMs;
    return now - this.#busySince < longestRunMs;
  }

  /** Called with the gate held, before a write. */
  async rest(deadline: Deadline): Promise<void> {
    if (this.mayGoOn(performance.now())) return;
    await sleep(restMs, deadline, 'leaving the database file to other processes');
    const version = await whileBusy(this.#readVersion, deadline);
    this.#busySince = performance.now();
    if (this.#version !== undefined && version !== this.#version) this.#othersWroteAt = this.#busySince;
    this.#version = version;
  }

  /** Called when another handle of our own has written. */
  forgetVersion(): void {
    this.#version = undefined;
  }

  /** Called when the gate is given back. */
  leave(now = performance.now()): void {
    this.#leftAt = now;
  }
}
