import type { Client, InArgs, InStatement, ResultSet, Value } from '@libsql/core/api';
import type { DatabaseError } from '../../errors/database-error.js';
import type { ContractSetup, OpenOptions } from './contract-setup.js';
import type { ContractWords } from './contract-words.js';

/** Where a fact finds its client. */
export interface Room<C extends Client> {
  db: C;
}

/** Gives every fact of the surrounding block its own client to an empty database. */
export function openEach<C extends Client>(
  { beforeEach, afterEach }: ContractWords,
  setup: ContractSetup<C>,
  options?: OpenOptions,
): Room<C> {
  const room: Partial<Room<C>> = {};
  beforeEach(async () => {
    room.db = await setup.open(options);
  });
  afterEach(async () => {
    await room.db?.close();
    delete room.db;
  });
  return room as Room<C>;
}

/** A client, a transaction, or a handle inside `withTransaction`. */
export interface Executor {
  execute(statement: InStatement): Promise<ResultSet>;
}

/** The rows of a query as arrays. */
export async function readRows(db: Executor, sql: string, args: InArgs = []): Promise<Value[][]> {
  return toArrays(await db.execute({ sql, args }));
}

/** The first column of every row. */
export async function readColumn(db: Executor, sql: string, args: InArgs = []): Promise<Value[]> {
  return (await readRows(db, sql, args)).map((row) => row[0] as Value);
}

/** The first column of the first row. */
export async function readValue(db: Executor, sql: string, args: InArgs = []): Promise<Value | undefined> {
  return (await readColumn(db, sql, args))[0];
}

export function toArrays(result: ResultSet | undefined): Value[][] {
  return (result?.rows ?? []).map((row) => Array.from(row as unknown as ArrayLike<Value>));
}

/** What a call fails with. The type is a promise of the facts, not of the call. */
export async function failureOf(call: Promise<unknown> | (() => unknown)): Promise<DatabaseError> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    return error as DatabaseError;
  }
  throw new Error('The call was expected to fail, and succeeded');
}

/** A promise that the fact settles itself: it holds a callback where the fact wants it. */
export interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

export function createLatch(): Latch {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
