/** The index of the first character at or after `start` that is no white space, no comment and no `;`. */
export function skipTrivia(sql: string, start = 0, skipSemicolons = true): number {
  let at = start;
  for (;;) {
    const code = sql.charCodeAt(at);
    if (isSpace(code) || (code === semicolon && skipSemicolons)) at++;
    else if (code === dash && sql.charCodeAt(at + 1) === dash) at = endOfLine(sql, at);
    else if (code === slash && sql.charCodeAt(at + 1) === star) at = endOfComment(sql, at);
    else return at;
  }
}

/** The index behind a block comment that begins at `at`; an open one reaches to the end, as in SQLite. */
export function endOfComment(sql: string, at: number): number {
  const end = sql.indexOf('*/', at + 2);
  return end < 0 ? sql.length : end + 2;
}

/** The index behind a line comment that begins at `at`. */
export function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end + 1;
}

const semicolon = 59;
const dash = 45;
const slash = 47;
const star = 42;

/** White space of SQLite's tokenizer, and the byte order mark that editors put in front of a file. */
function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xfeff;
}
