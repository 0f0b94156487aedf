/** A URL cut at its marks, nothing decoded. */
export interface UrlParts {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** Between `//` and the path; `undefined` without `//`. */
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string | undefined;
}

const pattern = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;

/** Cuts a URL by RFC 3986. `URL` would not do: it knows no relative `file:` and makes a host of `sqlite:`. */
export function splitUrl(text: string): UrlParts | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', authority, path = '', query, fragment] = match;
  return { scheme: scheme.toLowerCase(), authority, path, query, fragment };
}

/** A path with a drive letter. It is no URL, although its drive looks like a scheme. */
export function isWindowsPath(text: string): boolean {
  return /^[a-z]:[\\/]/i.test(text);
}

/** Percent-decodes; `undefined` when the encoding is broken. */
export function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** `:memory:` without a scheme. */
export function isBareMemory(text: string): boolean {
  return /^:memory:(\?|$)/.test(text);
}
