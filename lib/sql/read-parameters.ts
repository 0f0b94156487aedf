/** Strings, quoted names and comments, or a parameter: whatever comes first. */
const token =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|\?(\d*)|[:@$]([A-Za-z0-9_\u0080-\uffff]+)/g;

/** The parameters of a statement by their index, the first one at 0. https://sqlite.org/lang_expr.html#varparam */
export interface ParameterList {
  /** Name without `:`, `@` or `$`; the number of `?12`; undefined for a plain `?` and for a number that the statement leaves out. */
  readonly names: readonly (string | undefined)[];
  /** True when every parameter is a plain `?`. */
  readonly plain: boolean;
}

/** Reads which parameters a statement has, as SQLite numbers them: a plain `?` is one more than the largest so far. */
export function readParameters(sql: string): ParameterList {
  const names: (string | undefined)[] = [];
  let plain = true;
  for (const [text, number, name] of sql.matchAll(token)) {
    if (text === '?') {
      names.push(undefined);
    } else if (number !== undefined) {
      plain = false;
      while (names.length < Number(number)) names.push(undefined);
      names[Number(number) - 1] ??= number;
    } else if (name !== undefined) {
      plain = false;
      if (!names.includes(name)) names.push(name);
    }
  }
  return { names, plain };
}
