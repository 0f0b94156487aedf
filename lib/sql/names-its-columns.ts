const name = String.raw`(?:[A-Za-z_]\w*|"[^"]+"|\x60[^\x60]+\x60|\[[^\]]+\])`;
const column = String.raw`${name}(?:\.${name}){0,2}(?:\s+as\s+${name})?`;
const listOfNames = new RegExp(String.raw`^\s*select\s+${column}(?:\s*,\s*${column})*\s+from\s`, 'i');

/** It answers by the name of the key that stands for it, which the text does not tell. */
const rowid = /\b(?:rowid|oid|_rowid_)\b/i;

/** Texts that programs write may be long, and none of those is worth a look. */
const longest = 10_000;

/**
 * Whether a text names each column of its result, so that a change of the schema can make the statement fail and can change how a name is
 * written (`Title` for `title`) and what type it is declared with, but can never put a value under another name, as it can where `*`
 * stands. That holds where `"name"` is never a string, as better-sqlite3 builds SQLite.
 */
export function namesItsColumns(sql: string): boolean {
  return sql.length <= longest && listOfNames.test(sql) && !rowid.test(sql);
}
