import { endOfComment, endOfLine, skipTrivia } from './skip-trivia.js';

/**
 * Splits a script into its statements, as SQLite's `sqlite3_complete` sees them: a `;` inside a string, a quoted name, a comment or
 * the body of a trigger ends nothing. The statements are exact pieces of the script, without the `;` and the comments around them.
 */
export function splitScript(script: string): string[] {
  const statements: string[] = [];
  let start = skipTrivia(script);
  while (start < script.length) {
    const end = endOfStatement(script, start);
    statements.push(script.slice(start, end).trimEnd());
    start = skipTrivia(script, end);
  }
  return statements;
}

/** The index of the `;` that ends the statement beginning at `start`, or the script's length. */
function endOfStatement(script: string, start: number): number {
  const trigger = triggerPattern.test(script.slice(start, start + triggerHeadLength));
  let at = start;
  let previousWord = '';
  while (at < script.length) {
    const character = script[at] as string;
    if (character === ';') {
      // a trigger ends with `;` white space END `;`: every other `;` belongs to its body
      if (!trigger || previousWord === 'END') return at;
      previousWord = ';';
      at++;
    } else if (wordStart.test(character)) {
      wordPattern.lastIndex = at;
      const word = (wordPattern.exec(script) as RegExpExecArray)[0];
      // END counts only right behind a `;`: `CASE … END;` inside the body does not end the trigger
      previousWord = word.toUpperCase() === 'END' && previousWord === ';' ? 'END' : 'word';
      at += word.length;
    } else {
      const next = skipToken(script, at);
      if (!isBlank(script, at, next)) previousWord = 'token';
      at = next;
    }
  }
  return script.length;
}

/** The index behind the token at `at`: a string, a quoted name, a comment or one character. */
function skipToken(script: string, at: number): number {
  const character = script[at] as string;
  if (character === "'" || character === '"' || character === '`') return endOfQuoted(script, at, character);
  if (character === '[') return endOfQuoted(script, at, ']');
  if (character === '-' && script[at + 1] === '-') return endOfLine(script, at);
  if (character === '/' && script[at + 1] === '*') return endOfComment(script, at);
  return at + 1;
}

/** A doubled quote needs no care: it closes one token and opens the next. */
function endOfQuoted(script: string, at: number, quote: string): number {
  const end = script.indexOf(quote, at + 1);
  return end < 0 ? script.length : end + 1;
}

function isBlank(script: string, from: number, to: number): boolean {
  return skipTrivia(script.slice(from, to), 0, false) === to - from;
}

const triggerHeadLength = 400;
const triggerPattern =
  /^CREATE(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)+(?:TEMP(?:ORARY)?(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)+)?TRIGGER\b/i;
const wordStart = /[A-Za-z_\u0080-\uffff]/;
const wordPattern = /[A-Za-z0-9_$\u0080-\uffff]+/y;
