// @ts-check
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const mb = 1_048_576;

/** Looks at intervals how much of the heap is in use behind a garbage collection. */
export class HeapWatch {
  /** @type {number[]} */
  #samples = [];
  #timer;

  /** @param {number} everyMs */
  constructor(everyMs) {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    this.#timer = setInterval(() => {
      collect();
      this.#samples.push(process.memoryUsage().heapUsed);
    }, everyMs);
  }

  /** @returns {{ lowMb: number, highMb: number, growthMb: number }} the growth from the second quarter to the last one */
  stop() {
    clearInterval(this.#timer);
    const quarter = Math.floor(this.#samples.length / 4);
    const early = median(this.#samples.slice(quarter, 2 * quarter));
    const late = median(this.#samples.slice(-quarter));
    return {
      lowMb: Math.min(...this.#samples) / mb,
      highMb: Math.max(...this.#samples) / mb,
      growthMb: (late - early) / mb,
    };
  }
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
