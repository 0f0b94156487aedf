import type { Progress } from '../transfer/index.js';
import { toPrintable } from './to-printable.js';

/** How often something is printed at most, in milliseconds. */
const terminalPauseMs = 100;
const pipePauseMs = 2_000;

/** How far something is, and where it was when it began. */
interface Pace {
  readonly startedAt: number;
  readonly startedRows: number;
}

/**
 * Prints what a transfer does to standard error. On a terminal: a line for each table that stays, and one for the whole that changes; in
 * a pipe now and then a plain line. From the plan it knows the rows of every table; then rate and time left are those of the whole stage.
 */
export class ProgressPrinter {
  readonly #stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
  readonly #planned = new Map<string, number>();
  #done = new Map<string, number>();
  #printedAt = -Infinity;
  #stage = '';
  #whole: Pace = { startedAt: 0, startedRows: 0 };
  #table: Pace = { startedAt: 0, startedRows: 0 };
  /** What came last. */
  #last: Progress | undefined;
  /** Lines on the terminal that may change. */
  #live = 0;

  constructor(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>) {
    this.#stream = stream;
  }

  readonly print = (progress: Progress): void => {
    const now = performance.now();
    const { stage, object = '', rows, totalRows } = progress;
    if (stage === 'plan') this.#planned.set(object, totalRows);
    const isOther = stage !== this.#last?.stage || object !== (this.#last.object ?? '');
    if (isOther) this.#leave(now);
    if (stage !== this.#stage) this.#done = new Map();
    this.#done.set(object, rows);
    if (stage !== this.#stage) this.#whole = { startedAt: now, startedRows: this.#sum(this.#done) };
    if (isOther) this.#table = { startedAt: now, startedRows: rows };
    this.#stage = stage;
    this.#last = progress;
    const pauseMs = this.#stream.isTTY ? terminalPauseMs : pipePauseMs;
    if (now - this.#printedAt < pauseMs) return;
    this.#printedAt = now;
    const lines = this.#describe(progress, now);
    if (this.#stream.isTTY) this.#draw(lines);
    else this.#stream.write(`${lines.join(', ')}\n`);
  };

  /** Prints something that stays. */
  write(text: string): void {
    this.clear();
    this.#stream.write(text);
  }

  /** Leaves an empty line for what comes. */
  clear(): void {
    this.#leave(performance.now());
    this.#last = undefined;
    if (this.#stream.isTTY) this.#draw([]);
  }

  /** The line of a table that is done stays. */
  #leave(now: number): void {
    const last = this.#last;
    if (!this.#stream.isTTY || last?.stage !== 'rows') return;
    const seconds = `, ${((now - this.#table.startedAt) / 1000).toFixed(1)} s`;
    this.#draw([describeTable(last) + seconds]);
    this.#stream.write('\n');
    this.#live = 0;
  }

  #describe(progress: Progress, now: number): string[] {
    const { stage, object = '', rows, totalRows } = progress;
    const table = describeTable(progress);
    if (stage === 'plan' || !this.#planned.has(object))
      return [table + describeSpeed(this.#table, rows, totalRows, now)];
    const [done, total] = [this.#sum(this.#done), this.#sum(this.#planned)];
    return [table, `in all ${done} of ${total}${describeSpeed(this.#whole, done, total, now)}`];
  }

  /** Replaces the lines that may change. */
  #draw(lines: readonly string[]): void {
    const up = this.#live > 1 ? `\x1b[${this.#live - 1}A` : '';
    // a terminal that does not know its width says 0
    const { columns } = this.#stream;
    const cut = columns > 0 ? lines.map((line) => line.slice(0, columns - 1)) : lines;
    this.#stream.write(`${up}\r\x1b[J${cut.join('\n')}`);
    this.#live = lines.length;
  }

  #sum(counts: ReadonlyMap<string, number>): number {
    return [...counts.values()].reduce((sum, rows) => sum + rows, 0);
  }
}

function describeTable({ stage, object = '', rows, totalRows }: Progress): string {
  const count = totalRows > 0 ? `${rows} of ${totalRows}` : rows > 0 ? `${rows} rows` : '';
  return toPrintable([stage, object, count].filter((part) => part !== '').join(' '));
}

function describeSpeed({ startedAt, startedRows }: Pace, rows: number, total: number, now: number): string {
  const perSecond = ((rows - startedRows) * 1000) / (now - startedAt);
  if (!Number.isFinite(perSecond) || perSecond <= 0) return '';
  const left = total > 0 ? `, ${Math.ceil((total - rows) / perSecond)} s left` : '';
  return `, ${Math.round(perSecond)}/s${left}`;
}
