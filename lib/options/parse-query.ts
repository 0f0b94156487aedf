import { suggest } from './suggest.js';
import type { UrlErrorFactory } from './url-error.js';
import { decodePercent } from './url-parts.js';

/**
 * Reads a query string, form-encoded as the Web URL standard says. No value, and nothing that could be one, is shown.
 *
 * @param known names that may be given, each once
 * @param explain says why a name is refused, where there is more to say
 * @throws {ConfigurationError} `URL_PARAM_NOT_SUPPORTED` or `URL_INVALID`
 */
export function parseQuery(
  query: string | undefined,
  known: readonly string[],
  explain: (name: string) => string | undefined,
  createError: UrlErrorFactory,
): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const pair of (query ?? '').split('&')) {
    if (pair === '') continue;
    const cut = pair.indexOf('=');
    const name = decodePercent(cut < 0 ? pair : pair.slice(0, cut));
    const value = decodePercent(
      pair.slice(name === undefined || cut < 0 ? pair.length : cut + 1).replaceAll('+', ' '),
    );
    if (name === undefined || value === undefined)
      throw createError('has a broken percent-encoding in its query', 'URL_INVALID');
    if (!known.includes(name))
      throw createError(describeUnknown(name, cut >= 0, known, explain), 'URL_PARAM_NOT_SUPPORTED');
    if (params.has(name)) throw createError(`has "${name}" twice in its query`, 'URL_INVALID');
    params.set(name, value);
  }
  return params;
}

function describeUnknown(
  name: string,
  hasValue: boolean,
  known: readonly string[],
  explain: (name: string) => string | undefined,
): string {
  // A name without a value may be a bare token.
  if (!hasValue || !/^[a-z_-]{1,24}$/i.test(name)) return 'has a parameter that is not supported: remove it';
  const reason = explain(name);
  const meant = suggest(name, known);
  const hint = reason ?? (meant === undefined ? 'remove it' : `did you mean "${meant}"?`);
  return `has the parameter "${name}", which is not supported: ${hint}`;
}
