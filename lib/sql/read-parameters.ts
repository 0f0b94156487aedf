/**
 * Strings, names, comments, or a parameter: whatever comes first. A doubled quote needs no care: it closes one token and opens the
 * next. No group repeats over a whole string, which would overflow the stack of the engine at a few megabytes.
 */
const token =
  /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\?(\d*)|[:@$]([\w$\u0080-\uffff]+)/g;

/** SQLITE_MAX_VARIABLE_NUMBER: the engine refuses a larger `?12` by itself. */
const maxParameters = 32_766;

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
      const index = Math.min(Number(number), maxParameters);
      while (names.length < index) names.push(undefined);
      names[index - 1] ??= number;
    } else if (name !== undefined) {
      plain = false;
      if (!names.includes(name)) names.push(name);
    }
  }
  return { names, plain };
}
