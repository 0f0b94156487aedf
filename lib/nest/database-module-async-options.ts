import type { FactoryProvider, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { DatabaseModuleOptions } from '../options/database-module-options.js';

/** A class that makes the options, for `useClass` and `useExisting`. */
export interface DatabaseOptionsFactory {
  createDatabaseOptions(): DatabaseModuleOptions | Promise<DatabaseModuleOptions>;
}

/** Options of `forRootAsync`. What the factory leaves out is read from the environment; without a factory that is everything. */
export interface DatabaseModuleAsyncOptions {
  /** Name of the connection; left out for the default one. It stands outside of the factory, because the token depends on it. */
  name?: string;
  /** Modules whose providers the factory needs. */
  imports?: ModuleMetadata['imports'];
  /** What `useFactory` receives. */
  inject?: FactoryProvider['inject'];
  useFactory?: (...injected: never[]) => DatabaseModuleOptions | Promise<DatabaseModuleOptions>;
  /** A class made for this purpose. */
  useClass?: Type<DatabaseOptionsFactory>;
  /** A provider of one of the `imports`. */
  useExisting?: Type<DatabaseOptionsFactory> | string | symbol;
  /** Providers that only the factory needs. */
  extraProviders?: Provider[];
}
