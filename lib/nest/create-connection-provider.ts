import type { FactoryProvider } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ModulesContainer } from '@nestjs/core';
import type { DatabaseConnection } from '../database/database-connection.js';
import type { DatabaseModuleOptions } from '../options/database-module-options.js';
import { createOptionsEnvironment } from '../options/options-environment.js';
import { assertDistinctNames } from '../options/resolve-name.js';
import { resolveOptions } from '../options/resolve-options.js';
import { configurationLoaded } from './configuration-loaded.js';
import { findConnectionNames } from './connection-names.js';
import { getConnectionToken } from './connection-token.js';
import type { OptionsFactory } from './create-options-factory.js';
import { openConnection } from './open-connection.js';

/**
 * The provider of a connection. The options stay inside of it: a provider of their own would keep a token where `util.inspect` and
 * Nest's developer tools find it.
 */
export function createConnectionProvider(
  name: string | undefined,
  factory: OptionsFactory,
): FactoryProvider<DatabaseConnection> {
  return {
    provide: getConnectionToken(name),
    inject: [ModulesContainer, ConfigService, ...factory.inject],
    useFactory: async (modules: ModulesContainer, config: ConfigService, ...injected: unknown[]) => {
      assertDistinctNames(findConnectionNames(modules));
      await configurationLoaded(modules);
      const options = (await factory.create(...injected)) as DatabaseModuleOptions;
      const env = createOptionsEnvironment(name, (variable) => config.get<unknown>(variable));
      return openConnection(name, resolveOptions(options, env));
    },
  };
}
