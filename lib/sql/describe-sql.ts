/** Strings, names, comments, numbers, parameters, white space: a literal that is cut off counts to the end. */
const token =
  /'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\.?\d[\w.]*|[^]/g;

/** How much of a statement is looked at, and how much of it is shown, in characters. */
const read = 2_000;
const shown = 120;

/** The shape of a statement for a message: a `?` stands in the place of every literal, comments are left out. */
export function describeSql(sql: string): string {
  const words = [...sql.slice(0, read).matchAll(token)].map(([text]) => {
    if (text.startsWith("'") || /^\.?\d/.test(text)) return '?';
    return text.startsWith('--') || text.startsWith('/*') ? ' ' : text;
  });
  const shape = words.join('').replaceAll(/\s+/g, ' ').trim();
  return shape.length > shown ? `${shape.slice(0, shown)} …` : shape;
}
