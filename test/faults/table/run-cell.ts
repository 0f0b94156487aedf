import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, isDatabaseError, type DatabaseError } from '../../../lib/index.js';
import type { DatabaseConnection, DatabaseModuleOptions } from '../../../lib/index.js';
import { startFaultProxy } from '../../support/fault-proxy.js';
import type { SqldServer } from '../../support/sqld-server.js';
import type { TlsProxy } from '../../support/tls-proxy.js';
import { insert, type CallKind } from './call-kinds.js';
import type { Cell, CellResult, Scenario, Statements } from './scenario.js';

/** Of the connection under test; a call that is to end sooner says so. */
const usual: DatabaseModuleOptions = {
  connectTimeoutMs: 500,
  shutdownTimeoutMs: 100,
};

/** The server takes the lock of a transaction that nobody ended away after 5 s. */
const nextTimeoutMs = 15_000;

/** Where the cells of one kind of call run, one after the other. */
export interface Lane {
  readonly kind: CallKind;
  readonly server: SqldServer;
  /** Asks for a token. */
  readonly guarded: SqldServer;
  readonly tls: TlsProxy;
}

/** Lets the fault meet the call, counts the rows past the proxy, mends the fault and calls again. */
export async function runCell(scenario: Scenario, lane: Lane, index: number): Promise<CellResult> {
  const { kind, tls } = lane;
  const server = scenario.guarded ? lane.guarded : lane.server;
  const table = tableOf(kind, index);
  await using proxy = await startFaultProxy(server.url);
  const mend: (() => unknown)[] = [];
  const word = kind.word(table);
  const cell: Cell = { kind, table, server, tls, proxy, mend, meets: (text) => text.includes(word) };
  await using direct = new Direct(server, table);
  await direct.create();

  const statements = scenario.statements?.(cell) ?? usualStatements(table);
  const db = createConnection({ ...optionsOf(cell), ...scenario.options?.(cell) });
  let struck = false;
  const strike = async (): Promise<void> => {
    if (struck) return;
    struck = true;
    await scenario.strike(cell, db);
  };
  if (scenario.when !== 'boot') await db.open();
  if (scenario.when !== undefined) await strike();
  const timeoutMs = scenario.timeoutMs === undefined ? {} : { timeoutMs: scenario.timeoutMs };
  const start = performance.now();
  const call = async (): Promise<number> => {
    await db.open();
    return kind.run({ db, table, statements, firstName: 'first', timeoutMs, strike });
  };
  const result = await call().then(
    (runs) => ({ again: runs > 1 || db.status().retries > 0 }),
    (error: unknown) => ({ error: error as DatabaseError }),
  );
  const tookMs = performance.now() - start;
  for (const step of mend.reverse()) await step();

  const all = kind.writes ? statements.rows + kind.furtherRows : 0;
  const rows = await direct.settledRows(result, all);
  const next = await callNext(scenario, cell, db);
  await db.close();
  return judge(scenario, { result, tookMs, rows, all, next });
}

export function tableOf({ name }: CallKind, index: number): string {
  return `t${index}_${name.replace(/\W/g, '').toLowerCase()}`;
}

/** A connection past the proxy. */
export class Direct {
  readonly #db: DatabaseConnection;
  readonly #table: string;

  constructor({ url, authToken }: SqldServer, table: string) {
    this.#db = createConnection({ url, maxAttempts: 20, ...(authToken !== undefined && { authToken }) });
    this.#table = table;
  }

  async create(): Promise<void> {
    const sql = `CREATE TABLE IF NOT EXISTS ${this.#table} (name UNIQUE)`;
    await this.#db.execute({ sql, idempotent: true });
  }

  /** Counted until the server has done what it was sent, where that is known. */
  async settledRows(result: Ended, all: number): Promise<number> {
    const sql = `SELECT count(*) FROM ${this.#table} WHERE name NOT IN ('next', 'other')`;
    for (let n = 0; ; n++) {
      const rows = Number((await this.#db.execute(sql)).rows[0]?.[0]);
      if (rows === all || !mayStillCome(result) || n === 20) return rows;
      await sleep(10);
    }
  }

  async names(): Promise<string[]> {
    const { rows } = await this.#db.execute(`SELECT name FROM ${this.#table} WHERE name <> 'next'`);
    return rows.map(({ name }) => name as string);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#db.close();
  }
}

export function optionsOf({ proxy, server }: Cell): DatabaseModuleOptions {
  return { url: proxy.url, ...usual, ...(server.authToken !== undefined && { authToken: server.authToken }) };
}

type Ended = { again: boolean; error?: undefined } | { error: DatabaseError; again?: undefined };

function mayStillCome({ error }: Ended): boolean {
  return error === undefined || error.outcome === 'unknown';
}

export function usualStatements(table: string, name = 'a'): Statements {
  return {
    read: { sql: `SELECT name FROM ${table}` },
    write: { sql: insert(table, name) },
    rows: 1,
  };
}

export async function callNext({ next }: Scenario, cell: Cell, db: DatabaseConnection): Promise<string> {
  const sql = insert(cell.table, 'next');
  try {
    if (next === undefined) {
      // an attempt to open that began during the fault is shared with whoever comes next
      while (db.status().state === 'opening') await sleep(10);
      await db.execute({ sql, timeoutMs: nextTimeoutMs });
      return 'ok';
    }
    const other = createConnection({ ...optionsOf(cell), ...next.options(cell) });
    await other.execute({ sql, timeoutMs: nextTimeoutMs }).finally(() => other.close());
    return `ok ${next.name}`;
  } catch (error) {
    return `fails: ${(error as Error).message}`;
  }
}

interface Measured {
  readonly result: Ended;
  readonly tookMs: number;
  readonly rows: number;
  readonly all: number;
  readonly next: string;
}

/** The cell's text, and which promise it breaks. */
function judge(
  { withinMs, either = false }: Scenario,
  { result, tookMs, rows, all, next }: Measured,
): CellResult {
  const problems: string[] = [];
  if (tookMs > withinMs) problems.push(`took ${Math.round(tookMs)} ms`);
  if (!next.startsWith('ok')) problems.push(`the next call ${next}`);
  const { error, again } = result;
  if (error === undefined) {
    if (rows !== all) problems.push(`succeeded with ${rows} rows of ${all}`);
    return { text: [again ? 'ok, tried again' : 'ok', countOf(all, rows)].join(''), next, problems };
  }
  if (!isDatabaseError(error))
    return { text: 'a foreign error', next, problems: [...problems, String(error)] };
  const { kind, outcome } = error;
  if (outcome === 'not-applied' && rows > 0) problems.push(`not applied, and ${rows} rows`);
  if (outcome === 'applied') problems.push('failed and is applied');
  if (rows !== 0 && rows !== all) problems.push(`${rows} rows of ${all}`);
  const open = either && outcome === 'unknown' && all > 0;
  const count = open ? `, 0 or ${all} ${all === 1 ? 'row' : 'rows'}` : countOf(all, rows);
  return { text: `${kind}, ${outcome}${count}`, next, problems };
}

/** Nothing for a read, which leaves no rows. */
export function countOf(all: number, rows: number): string {
  return all === 0 ? '' : `, ${rows} ${rows === 1 ? 'row' : 'rows'}`;
}
