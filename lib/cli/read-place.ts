import { ConfigurationError } from '../errors/configuration-error.js';
import { variablesOf } from '../options/env-options.js';
import type { Place } from './command.js';
import { readTarget } from './read-target.js';

/**
 * Understands a word that names a database.
 * @throws ConfigurationError that never quotes it: it may hold a token
 */
export function readPlace(word: string): Place {
  if (isServer(word)) {
    assertNoToken(word.includes('@') || /authToken=/i.test(word));
    return { server: readTarget(word) };
  }
  assertNoToken(/authToken=/i.test(word));
  return { path: word.replace(/^(sqlite|file):(\/\/(?=\/))?/, '') };
}

function isServer(word: string): boolean {
  return /^(libsql|https?|wss?):/i.test(word);
}

function assertNoToken(isToken: boolean): void {
  if (!isToken) return;
  const [variable] = variablesOf('authToken', undefined);
  throw new ConfigurationError(
    `the address holds a token, which everybody on this machine can see: put it into ${variable}`,
  );
}
