import { skipTrivia } from './skip-trivia.js';

/**
 * What the first keyword says about a statement:
 * - `query`: SELECT, VALUES, WITH, EXPLAIN: reads, unless the engine says that it writes (`WITH … INSERT`)
 * - `change`: INSERT, UPDATE, DELETE, REPLACE
 * - `schema`: everything else that writes (CREATE, ALTER, DROP …)
 * - `pragma`: PRAGMA, and EXPLAIN of one: never prepared to find out more, because preparing a pragma executes it
 * - `transaction-control`: BEGIN, COMMIT, END, ROLLBACK
 * - `savepoint`: SAVEPOINT, RELEASE, ROLLBACK TO
 * - `attach`: ATTACH, DETACH
 * - `temporary`: CREATE TEMP …, CREATE TABLE temp.name …
 * - `empty`: nothing but white space, comments and `;`
 */
export type SqlClass =
  | 'query'
  | 'change'
  | 'schema'
  | 'pragma'
  | 'transaction-control'
  | 'savepoint'
  | 'attach'
  | 'temporary'
  | 'empty';

const classOf: ReadonlyMap<string, SqlClass> = new Map([
  ['SELECT', 'query'],
  ['VALUES', 'query'],
  ['WITH', 'query'],
  ['INSERT', 'change'],
  ['UPDATE', 'change'],
  ['DELETE', 'change'],
  ['REPLACE', 'change'],
  ['PRAGMA', 'pragma'],
  ['BEGIN', 'transaction-control'],
  ['COMMIT', 'transaction-control'],
  ['END', 'transaction-control'],
  ['SAVEPOINT', 'savepoint'],
  ['RELEASE', 'savepoint'],
  ['ATTACH', 'attach'],
  ['DETACH', 'attach'],
]);

/** Classifies a statement by its first keyword, past comments and `;`. */
export function classifySql(sql: string): SqlClass {
  const start = skipTrivia(sql);
  if (start >= sql.length) return 'empty';
  const keyword = readKeyword(sql, start);
  if (keyword === 'EXPLAIN') return classifyExplained(sql, start);
  if (keyword === 'ROLLBACK') return isRollbackTo(sql, start) ? 'savepoint' : 'transaction-control';
  if (keyword === 'CREATE' && isTemporary(sql, start)) return 'temporary';
  return classOf.get(keyword) ?? 'schema';
}

/** The first keyword in upper case; empty when the statement does not begin with a letter. */
export function firstKeyword(sql: string): string {
  return readKeyword(sql, skipTrivia(sql));
}

function readKeyword(sql: string, at: number): string {
  wordPattern.lastIndex = at;
  return wordPattern.exec(sql)?.[0].toUpperCase() ?? '';
}

/** The words of a statement from its first one, comments left out. */
function readWords(sql: string, at: number, count: number): string[] {
  const words: string[] = [];
  let position = at;
  while (words.length < count) {
    position = skipTrivia(sql, position, false);
    const word = readKeyword(sql, position);
    if (word === '') break;
    words.push(word);
    position += word.length;
  }
  return words;
}

function classifyExplained(sql: string, at: number): SqlClass {
  const words = readWords(sql, at, 4).slice(1);
  const subject = words[0] === 'QUERY' && words[1] === 'PLAN' ? words[2] : words[0];
  return subject === 'PRAGMA' ? 'pragma' : 'query';
}

/** `ROLLBACK [TRANSACTION] TO [SAVEPOINT] name` undoes to a savepoint; without TO it ends the transaction. */
function isRollbackTo(sql: string, at: number): boolean {
  const words = readWords(sql, at, 3);
  return words[1] === 'TO' || (words[1] === 'TRANSACTION' && words[2] === 'TO');
}

/** `CREATE TEMP TABLE name`, `CREATE VIEW IF NOT EXISTS temp.name`: the schema `temp` belongs to one handle. */
function isTemporary(sql: string, at: number): boolean {
  const [, kind = '', ...rest] = readWords(sql, at, 6);
  if (kind === 'TEMP' || kind === 'TEMPORARY') return true;
  const [schema = ''] = rest[0] === 'IF' ? rest.slice(3) : rest;
  return (schema === 'TEMP' || schema === 'TEMPORARY') && temporaryNamePattern.test(sql);
}

const temporaryNamePattern = /\btemp(?:orary)?\s*\.\s*["`[\w]/i;

const wordPattern = /[A-Za-z_]+/y;
