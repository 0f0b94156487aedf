import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ModulesContainer } from '@nestjs/core';
import type { DatabaseConnection } from '../database/database-connection.js';
import { resolveName } from '../options/resolve-name.js';
import { connectionNameToken } from './connection-names.js';
import { getConnectionToken } from './connection-token.js';
import { createConnectionProvider } from './create-connection-provider.js';
import { createOptionsFactory } from './create-options-factory.js';
import { DatabaseHostModule } from './database-host.module.js';
import type { DatabaseModuleAsyncOptions } from './database-module-async-options.js';

/** The connection of a core module, whatever its token: also one that a test put in its place. */
const ownConnectionToken = Symbol('nestjs-turso.own-connection');

/** Holds one connection for the whole app: ready before every other module's hooks, closed after them. */
@Module({})
export class DatabaseCoreModule implements OnApplicationShutdown {
  readonly #connection: DatabaseConnection;

  constructor(
    @Inject(ownConnectionToken) connection: DatabaseConnection,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    this.#connection = connection;
    // Nest calls the hooks of global modules first (last at shutdown), among them in the order of import. The app's own global
    // modules use the database, so it goes in front of them.
    for (const module of modules.values()) {
      if (module.metatype === DatabaseCoreModule) module.distance = Infinity;
    }
  }

  static create(options: DatabaseModuleAsyncOptions): DynamicModule {
    const name = resolveName(options.name);
    const factory = createOptionsFactory(options);
    const token = getConnectionToken(name);
    return {
      module: DatabaseCoreModule,
      global: true,
      imports: [ConfigModule, DatabaseHostModule, ...(options.imports ?? [])],
      providers: [
        ...factory.providers,
        ...(options.extraProviders ?? []),
        { provide: connectionNameToken, useValue: name ?? null },
        createConnectionProvider(name, factory),
        { provide: ownConnectionToken, useExisting: token },
      ],
      exports: [token],
    };
  }

  /** The HTTP server is closed by now, and the hooks of every other module are done. */
  async onApplicationShutdown(): Promise<void> {
    // a test may have put an object without it in place of the connection
    await (this.#connection as Partial<DatabaseConnection>).close?.();
  }
}
