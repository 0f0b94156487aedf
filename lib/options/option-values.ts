import type {
  DatabaseModuleOptions,
  FallbackOptions,
  MigrationsOptions,
  PoolOptions,
  ReplicaOptions,
  SqliteOptions,
  TlsOptions,
} from './database-module-options.js';

type Group<Prefix extends string, Options> = {
  [Key in keyof Options & string as `${Prefix}.${Key}`]-?: Exclude<Options[Key], undefined>;
};

type TopLevel = Omit<
  DatabaseModuleOptions,
  'fallback' | 'pool' | 'sqlite' | 'tls' | 'replica' | 'migrations'
>;

/** Every option by its path (`sqlite.cacheSizeKb`), with the type of its value. */
export type OptionValues = { [Key in keyof TopLevel]-?: Exclude<TopLevel[Key], undefined> } & Group<
  'pool',
  PoolOptions
> &
  Group<'fallback', FallbackOptions> &
  Group<'sqlite', SqliteOptions> &
  Group<'tls', TlsOptions> &
  Group<'replica', ReplicaOptions> &
  Group<'migrations', MigrationsOptions>;

/** Path of an option: its name, behind the name of its group where it has one. */
export type OptionPath = keyof OptionValues;
