import { Module, type DynamicModule } from '@nestjs/common';
import type { DatabaseModuleOptions } from '../options/database-module-options.js';
import { DatabaseCoreModule } from './database-core.module.js';
import type { DatabaseModuleAsyncOptions } from './database-module-async-options.js';

/** Options of `forRoot`: those of the connection, and its name. */
export interface DatabaseModuleRootOptions extends DatabaseModuleOptions {
  /** Name of the connection; left out for the default one. */
  name?: string;
}

/**
 * Opens a database for the whole app and makes it injectable as `DatabaseConnection`, named ones by `@InjectConnection(name)`.
 *
 * ```ts
 * @Module({ imports: [DatabaseModule.forRoot()] })
 * ```
 */
@Module({})
export class DatabaseModule {
  /**
   * @param options left out, they are read from the environment, then from the defaults
   * @throws ConfigurationError for an unusable name
   */
  static forRoot(options: DatabaseModuleRootOptions = {}): DynamicModule {
    const { name, ...connectionOptions } = options;
    return DatabaseModule.forRootAsync({
      ...(name === undefined ? {} : { name }),
      useFactory: () => connectionOptions,
    });
  }

  /**
   * @param options `databaseConfig.asProvider()` of a `registerAs()` namespace fits as it is
   * @throws ConfigurationError for an unusable name, or two factories
   */
  static forRootAsync(options: DatabaseModuleAsyncOptions = {}): DynamicModule {
    return { module: DatabaseModule, imports: [DatabaseCoreModule.create(options)] };
  }
}
