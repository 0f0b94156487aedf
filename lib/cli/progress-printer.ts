import type { Progress } from '../transfer/index.js';

/** How often a line is printed at most, in milliseconds. */
const terminalPauseMs = 100;
const pipePauseMs = 2_000;

/** How far something is. */
interface Count {
  readonly rows: number;
  readonly total: number;
}

/**
 * Prints what a transfer does to standard error: one line that changes on a terminal, now and then a line in a pipe. From the plan it
 * knows the rows of every table; then rate and time left are those of the whole stage.
 */
export class ProgressPrinter {
  readonly #stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly #planned = new Map<string, number>();
  #done = new Map<string, number>();
  #printedAt = -Infinity;
  #subject = '';
  #startedAt = 0;
  #startedRows = 0;

  constructor(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>) {
    this.#stream = stream;
  }

  readonly print = (progress: Progress): void => {
    const now = performance.now();
    const { stage, object = '', rows, totalRows } = progress;
    if (stage === 'plan') this.#planned.set(object, totalRows);
    const isKnown = stage !== 'plan' && this.#planned.has(object);
    const subject = isKnown ? stage : `${stage} ${object}`;
    const isNew = subject !== this.#subject;
    if (isNew) this.#done = new Map();
    this.#done.set(object, rows);
    const whole = isKnown ? this.#sum() : { rows, total: totalRows };
    if (isNew) {
      this.#subject = subject;
      this.#startedAt = now;
      this.#startedRows = whole.rows;
    }
    const pauseMs = this.#stream.isTTY ? terminalPauseMs : pipePauseMs;
    if (now - this.#printedAt < pauseMs) return;
    this.#printedAt = now;
    const table = totalRows === 0 ? '' : ` ${rows} of ${totalRows}`;
    const total = isKnown ? `, in all ${whole.rows} of ${whole.total}` : '';
    const line = `${stage} ${object}`.trim() + table + total + this.#describeSpeed(whole, now);
    this.#stream.write(
      this.#stream.isTTY ? `\r\x1b[K${line.slice(0, this.#stream.columns - 1)}` : `${line}\n`,
    );
  };

  /** Leaves an empty line for what comes. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }

  #sum(): Count {
    const add = (numbers: Iterable<number>): number => [...numbers].reduce((sum, rows) => sum + rows, 0);
    return { rows: add(this.#done.values()), total: add(this.#planned.values()) };
  }

  #describeSpeed({ rows, total }: Count, now: number): string {
    const perSecond = ((rows - this.#startedRows) * 1000) / (now - this.#startedAt);
    if (total === 0 || !Number.isFinite(perSecond) || perSecond <= 0) return '';
    return `, ${Math.round(perSecond)}/s, ${Math.ceil((total - rows) / perSecond)} s left`;
  }
}
