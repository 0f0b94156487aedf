import type { Progress, ProgressListener } from '../progress.js';

/** Measures how long each table takes: what goes by until something is done counts for what is done. */
export class TableClock {
  readonly #listener: ProgressListener | undefined;
  readonly #times = new Map<string, number>();
  #lastAt = performance.now();

  constructor(listener: ProgressListener | undefined) {
    this.#listener = listener;
  }

  readonly note = (progress: Progress): void => {
    const { stage, object } = progress;
    const now = performance.now();
    if (object !== undefined && (stage === 'rows' || stage === 'verify'))
      this.#times.set(object, this.durationMs(object) + now - this.#lastAt);
    this.#lastAt = now;
    this.#listener?.(progress);
  };

  durationMs(table: string): number {
    return this.#times.get(table) ?? 0;
  }
}
