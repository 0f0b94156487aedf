import type { FactoryProvider, Provider } from '@nestjs/common';
import { ConfigurationError } from '../errors/configuration-error.js';
import type { DatabaseModuleAsyncOptions, DatabaseOptionsFactory } from './database-module-async-options.js';

/** How the options of a connection are made: what Nest has to inject, and what to do with it. */
export interface OptionsFactory {
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly providers: Provider[];
  /** Unchecked: JavaScript, a configuration namespace or a typing mistake may return anything. */
  readonly create: (...injected: unknown[]) => unknown;
}

const knownKeys = ['name', 'imports', 'inject', 'useFactory', 'useClass', 'useExisting', 'extraProviders'];
const ways = ['useFactory', 'useClass', 'useExisting'] as const;

/**
 * Makes one factory of the three ways to write it.
 * @throws ConfigurationError for two ways at once, and for options that belong into the factory's result
 */
export function createOptionsFactory(options: DatabaseModuleAsyncOptions): OptionsFactory {
  assertKnown(options);
  const { useFactory, useClass, useExisting, inject = [] } = options;
  if (useFactory !== undefined) {
    return { inject, providers: [], create: useFactory as OptionsFactory['create'] };
  }
  const token = useClass ?? useExisting;
  if (token === undefined) return { inject: [], providers: [], create: () => ({}) };
  return {
    inject: [token],
    providers: useClass === undefined ? [] : [useClass],
    create: (factory) => callFactory(factory as Partial<DatabaseOptionsFactory>),
  };
}

function callFactory(factory: Partial<DatabaseOptionsFactory>): unknown {
  if (typeof factory.createDatabaseOptions !== 'function') {
    throw new ConfigurationError(
      'The class of "useClass" or "useExisting" needs a method createDatabaseOptions()',
    );
  }
  return factory.createDatabaseOptions();
}

function assertKnown(options: DatabaseModuleAsyncOptions): void {
  const unknown = Object.keys(options).find((key) => !knownKeys.includes(key));
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `forRootAsync() does not know "${unknown}": options of the connection are what "useFactory" returns, or go to forRoot()`,
    );
  }
  const used = ways.filter((way) => options[way] !== undefined);
  if (used.length > 1)
    throw new ConfigurationError(`forRootAsync() takes one of ${used.join(' and ')}, not both`);
}
