import type { Progress } from '../transfer/index.js';

/** How often a line is printed at most, in milliseconds. */
const terminalPauseMs = 100;
const pipePauseMs = 2_000;

/** Prints what a transfer does to standard error: one line that changes on a terminal, now and then a line in a pipe. */
export class ProgressPrinter {
  readonly #stream: NodeJS.WriteStream;
  #printedAt = -Infinity;
  #subject = '';
  #startedAt = 0;
  #startedRows = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  readonly print = (progress: Progress): void => {
    const now = performance.now();
    const subject = `${progress.stage} ${progress.object ?? ''}`;
    if (subject !== this.#subject) {
      this.#subject = subject;
      this.#startedAt = now;
      this.#startedRows = progress.rows;
    }
    const pauseMs = this.#stream.isTTY ? terminalPauseMs : pipePauseMs;
    if (now - this.#printedAt < pauseMs) return;
    this.#printedAt = now;
    const line = `${subject.trim()} ${this.#describeRows(progress, now)}`.trim();
    this.#stream.write(
      this.#stream.isTTY ? `\r\x1b[K${line.slice(0, this.#stream.columns - 1)}` : `${line}\n`,
    );
  };

  /** Leaves an empty line for what comes. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }

  #describeRows({ rows, totalRows }: Progress, now: number): string {
    if (totalRows === 0) return '';
    const perSecond = ((rows - this.#startedRows) * 1000) / (now - this.#startedAt);
    const known = Number.isFinite(perSecond) && perSecond > 0;
    const left = known
      ? `, ${Math.round(perSecond)}/s, ${Math.ceil((totalRows - rows) / perSecond)} s left`
      : '';
    return `${rows} of ${totalRows}${left}`;
  }
}
