import { ConfigurationError } from '../errors/configuration-error.js';
import type { ParsedTursoUrl } from './parse-turso-url.js';
import type { Origin, PickedOptions } from './picked-options.js';
import { Secret } from './secret.js';

/**
 * The one token among those in the URL, the option and the variable.
 *
 * @throws {ConfigurationError} when two of them disagree, or one cannot be a token; names places, never values
 */
export function resolveAuthToken(
  { userinfoToken, queryToken }: ParsedTursoUrl,
  picked: PickedOptions,
  url: Origin,
): Secret | (() => string | Promise<string>) | undefined {
  const option = picked.get('authToken');
  const candidates = [
    { place: `${url.label} (in front of the @)`, token: userinfoToken },
    { place: `${url.label} (?authToken=)`, token: queryToken },
    { place: picked.originOf('authToken')?.label ?? '', token: option },
  ].filter(({ token }) => token !== undefined);

  const [first, ...others] = candidates;
  const other = others.find(({ token }) => token !== first?.token);
  if (first !== undefined && other !== undefined) {
    throw new ConfigurationError(
      `There are two different tokens, one in ${first.place} and one in ${other.place}: keep one`,
    );
  }
  for (const { place, token } of candidates) if (typeof token === 'string') assertUsableToken(token, place);
  const token = first?.token;
  return typeof token === 'string' ? new Secret(token) : token;
}

/**
 * Makes sure that a token can stand in a header.
 *
 * @param place where it comes from, as a message names it
 * @throws {ConfigurationError} without any part of the token
 */
export function assertUsableToken(token: unknown, place: string): asserts token is string {
  if (typeof token !== 'string')
    throw new ConfigurationError(`The token from ${place} must be a string, got ${typeof token}`);
  if (token === '') throw new ConfigurationError(`The token from ${place} is empty`);
  if (/^bearer\s/i.test(token))
    throw new ConfigurationError(`The token from ${place} starts with "Bearer": write the token alone`);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigurationError(
      `The token from ${place} has white space or a character beyond ASCII in it: remove it (in a query, write %2B for a +)`,
    );
  }
}
