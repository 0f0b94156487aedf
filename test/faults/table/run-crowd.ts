import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, DatabaseError, type DatabaseConnection } from '../../../lib/index.js';
import { Outcomes, told } from '../../soak/outcomes.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import { callNext, countOf, Direct, optionsOf, tableOf, usualStatements, type Lane } from './run-cell.js';
import type { Cell, CellResult, Scenario } from './scenario.js';

/** Between two calls of a caller. */
const pauseMs = 500;

/** What was given up may wait on the server until it takes a lock away, after 5 s. */
const settleMs = 6_000;

/** Further attempts that may be made at once, pings and probes: beside one further request for ten calls. */
const spareRequests = 20;

/** Lets a fault meet many callers of one kind who go on calling, and compares each of their writes with the server. */
export async function runCrowd(scenario: Scenario, lane: Lane, index: number): Promise<CellResult> {
  const { kind, server, tls } = lane;
  const { withinMs, either = false, crowd = { callers: 1, lastsMs: 0 } } = scenario;
  const table = tableOf(kind, index);
  await using proxy = await startFaultProxy(server.url);
  const mend: (() => unknown)[] = [];
  const cell: Cell = { kind, table, server, tls, proxy, mend, meets: () => true };
  await using direct = new Direct(server, table);
  await direct.create();
  const db = createConnection({ ...optionsOf(cell), ...scenario.options?.(cell) });
  await db.open();

  let striking: Promise<unknown> | undefined;
  const strike = async (): Promise<void> => {
    striking ??= (async () => scenario.strike(cell, db))();
    await striking;
  };
  const calls = new Calls(cell, db, strike);
  const { requests } = proxy.counts;
  await calls.run(crowd.callers, crowd.lastsMs);
  const sent = proxy.counts.requests - requests;
  const { inFlight, waiting } = db.status();
  for (const step of mend.reverse()) await step();
  // it closes the breaker, as a health check does
  await db.ping({ timeoutMs: withinMs });
  const next = await callNext(scenario, cell, db);
  await db.close();

  if (either) await sleep(settleMs);
  const names = await direct.names();
  const problems = calls.compare(names);
  if (calls.longestMs > withinMs) problems.push(`took ${Math.round(calls.longestMs)} ms`);
  if (sent > calls.count * 1.1 + spareRequests) problems.push(`${sent} requests of ${calls.count} calls`);
  if (inFlight + waiting > 0) problems.push(`${inFlight} in flight, ${waiting} wait`);
  if (!next.startsWith('ok')) problems.push(`the next call ${next}`);
  return { text: calls.describe(either, names.length), next, problems };
}

/** The calls of a crowd, and what their callers were told. */
class Calls {
  readonly parts: number;
  readonly #cell: Cell;
  readonly #db: DatabaseConnection;
  readonly #strike: () => Promise<void>;
  readonly #outcomes = new Outcomes();
  readonly #kinds = new Set<string>();
  readonly #told = new Set<string>();
  readonly #problems: string[] = [];
  #count = 0;
  #longestMs = 0;

  constructor(cell: Cell, db: DatabaseConnection, strike: () => Promise<void>) {
    this.#cell = cell;
    this.#db = db;
    this.#strike = strike;
    this.parts = cell.kind.writes ? 1 + cell.kind.furtherRows : 0;
  }

  get count(): number {
    return this.#count;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  /**
   * What the first call of each caller was told: the fault meets that one.
   * @param either the operating system decides what was sent and what became of it
   */
  describe(either: boolean, rows: number): string {
    const isOpen = either && this.#told.has('unknown');
    const outcomes = ['unknown', 'not-applied', 'ok'].filter((outcome) => this.#told.has(outcome));
    const outcome = isOpen ? 'unknown or not-applied' : outcomes.join(' or ');
    const kept = isOpen && this.parts > 0 ? ', all rows or none' : countOf(this.parts, rows);
    return `${[...this.#kinds].sort().join(' or ')}, ${outcome}${kept}`;
  }

  async run(callers: number, lastsMs: number): Promise<void> {
    const end = performance.now() + lastsMs;
    const callUntilEnd = async (): Promise<void> => {
      const failure = await this.#call();
      if (failure !== undefined) this.#kinds.add(failure.kind);
      this.#told.add(failure?.outcome ?? 'ok');
      for (;;) {
        await sleep(pauseMs);
        if (performance.now() > end) return;
        await this.#call();
      }
    };
    await Promise.all(Array.from({ length: callers }, callUntilEnd));
  }

  /** @returns what is not as somebody was told, the beginning of it */
  compare(names: readonly string[]): string[] {
    const rows = new Map<number, number>();
    for (const id of names.map((name) => Number.parseInt(name, 10))) rows.set(id, (rows.get(id) ?? 0) + 1);
    return [...this.#problems, ...this.#outcomes.compare(rows)].slice(0, 5);
  }

  async #call(): Promise<DatabaseError | undefined> {
    const { kind, table } = this.#cell;
    const id = this.#outcomes.begin(this.parts);
    const statements = usualStatements(table, `${id}`);
    const names = { table, statements, firstName: `${id} first` };
    const start = performance.now();
    this.#count++;
    try {
      await kind.run({ db: this.#db, ...names, timeoutMs: {}, strike: this.#strike });
      this.#outcomes.settle(id, told.acknowledged);
      return undefined;
    } catch (error) {
      const isOurs = error instanceof DatabaseError;
      if (!isOurs) this.#problems.push(`a foreign error: ${String(error)}`);
      this.#outcomes.settle(id, isOurs && error.outcome === 'not-applied' ? told.failed : told.unknown);
      return isOurs ? error : undefined;
    } finally {
      this.#longestMs = Math.max(this.#longestMs, performance.now() - start);
    }
  }
}
