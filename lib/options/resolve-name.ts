import { ConfigurationError } from '../errors/configuration-error.js';
import { envOptions, prefixOf } from './env-options.js';

/**
 * Checks the name of a connection; `undefined` is the default connection.
 *
 * @throws {ConfigurationError} for anything that cannot stand in front of a variable
 */
export function resolveName(name: unknown): string | undefined {
  if (name === undefined) return undefined;
  if (typeof name !== 'string')
    throw new ConfigurationError(`The name of a connection must be a string, got ${typeof name}`);
  if (name.trim() === '')
    throw new ConfigurationError(
      'The name of a connection is empty: leave it out for the default connection',
    );
  if (name !== name.trim())
    throw new ConfigurationError(
      `The name of the connection ${quote(name)} has white space around it: remove it`,
    );
  if (!/[A-Za-z]/.test(name))
    throw new ConfigurationError(
      `The name of the connection ${quote(name)} needs at least one letter from A to Z`,
    );
  assertDistinctNames([undefined, name]);
  return name;
}

/**
 * Makes sure that no two connections have one name or read one variable. `undefined` is the default connection.
 *
 * @throws {ConfigurationError} naming both connections and the variable
 */
export function assertDistinctNames(names: readonly (string | undefined)[]): void {
  const owners = new Map<string, string>();
  for (const name of names) {
    for (const { variable } of envOptions) {
      const full = prefixOf(name) + variable;
      const other = owners.get(full);
      if (other === describe(name))
        throw new ConfigurationError(`There are two times ${other}: give each a name of its own`);
      if (other !== undefined)
        throw new ConfigurationError(
          `${capitalise(describe(name))} would read ${full}, and so does ${other}: choose another name`,
        );
    }
    for (const { variable } of envOptions) owners.set(prefixOf(name) + variable, describe(name));
  }
}

function describe(name: string | undefined): string {
  return name === undefined ? 'the default connection' : `the connection ${quote(name)}`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}
