import type { ModulesContainer } from '@nestjs/core';

/** Token under which each connection's module keeps its name; `null` is the default connection's. Global: see `connection-token.ts`. */
export const connectionNameToken = Symbol.for('nestjs-turso.connection-name');

/** The names of all connections of an app. The modules are all there before the first provider is made. */
export function findConnectionNames(modules: ModulesContainer): (string | undefined)[] {
  return [...modules.values()]
    .map((module) => module.providers.get(connectionNameToken))
    .filter((provider) => provider !== undefined)
    .map(({ instance }) => (instance as string | null) ?? undefined);
}
