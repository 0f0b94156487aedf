import type { ResultSet } from '@libsql/core/api';
import type { Statement } from '../../contract/statement.js';
import type { SqlClass } from '../../sql/classify-sql.js';
import { firstKeyword } from '../../sql/classify-sql.js';

/** How a statement travels: in a request with other reads or other writes, or in one of its own. */
export type Lane = 'reads' | 'writes' | 'alone';

/** What an answer said about its statement. */
export interface Answered {
  readonly bytes: number;
  /** How long the statement ran; 0 where the server does not say so. */
  readonly durationMs: number;
  readonly result: ResultSet;
}

/** How many texts are remembered. */
const maxKnown = 1_000;

/** An answer beyond one of these held up those that shared its request: next time it goes alone. Bytes and milliseconds. */
const heavyBytes = 262_144;
const heavyMs = 50;

/** A text with its arguments beyond this makes a request heavy by itself. Characters or bytes. */
const heavyStatement = 65_536;

/** A conflict clause may keep the last rowid of the one before; the functions read what the one before left. Too many is no harm. */
const tellsOfOthers = /\b(?:or|conflict|last_insert_rowid|changes|total_changes)\b/i;

/** Decides which statements may share a request, by their text and by what its last answer was like. */
export class SharingRules {
  readonly #isHeavy = new Map<string, boolean>();
  readonly #isSuspect = new Map<string, boolean>();
  readonly #setsRowid = new Map<string, boolean>();

  laneOf({ sql, args, alone }: Statement, found: SqlClass): Lane {
    if (alone === true || isLarge(sql, args)) return 'alone';
    if (this.#isHeavy.has(sql) || this.#isSuspect.has(sql)) return 'alone';
    const keyword = firstKeyword(sql);
    if (found === 'query') return keyword === 'SELECT' || keyword === 'VALUES' ? 'reads' : 'alone';
    if (found !== 'change' || keyword === 'REPLACE' || tellsOfOthers.test(sql)) return 'alone';
    return 'writes';
  }

  /**
   * A table without rowids, or a view, answers the rowid of the insert before. So an insert shares a request with others when all of them
   * are known to set one, or are the same: then the first one's answer tells, and none has another one's to repeat.
   */
  mayJoin(texts: ReadonlySet<string>, { sql }: Statement): boolean {
    if (texts.has(sql) || firstKeyword(sql) !== 'INSERT') return true;
    const inserts = [...texts].filter((text) => firstKeyword(text) === 'INSERT');
    return inserts.length === 0 || [...inserts, sql].every((text) => this.#setsRowid.get(text) === true);
  }

  /** Remembers what an answer was like. */
  learn(statement: Statement, { bytes, durationMs, result }: Answered): void {
    const { sql } = statement;
    this.forgetLoss(statement);
    const isHeavy = bytes > heavyBytes || durationMs > heavyMs;
    if (isHeavy) remember(this.#isHeavy, sql, true);
    else this.#isHeavy.delete(sql);
    if (result.rowsAffected > 0 && result.lastInsertRowid !== undefined)
      remember(this.#setsRowid, sql, result.lastInsertRowid !== 0n);
  }

  /** Remembers that an answer was too long to be held together with others. */
  learnHeavy({ sql }: Statement): void {
    remember(this.#isHeavy, sql, true);
  }

  /** Remembers that a request with this statement was lost: until it is answered once, it takes nobody along again. */
  learnLost({ sql }: Statement): void {
    remember(this.#isSuspect, sql, true);
  }

  /** The server has answered it, with whatever. */
  forgetLoss({ sql }: Statement): void {
    this.#isSuspect.delete(sql);
  }

  /** The schema may have changed. */
  forgetTables(): void {
    this.#setsRowid.clear();
  }
}

function remember(known: Map<string, boolean>, sql: string, value: boolean): void {
  // it goes alone by its length
  if (sql.length > heavyStatement) return;
  if (known.size >= maxKnown) known.clear();
  known.set(sql, value);
}

function isLarge(sql: string, args: Statement['args']): boolean {
  let size = sql.length;
  for (const value of args.values()) {
    if (typeof value === 'string') size += value.length;
    else if (value instanceof Uint8Array) size += value.byteLength;
  }
  return size > heavyStatement;
}
