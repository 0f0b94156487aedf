export { DatabaseConnection } from './database/database-connection.js';
export { withoutRequestDeadline } from './database/ambient-deadline.js';
export { createConnection } from './database/create-connection.js';
export type { ConnectionStatus } from './database/connection-status.js';
export type { BreakerStatus } from './connection/circuit-breaker.js';
export type { BackupOptions } from './database/backup-options.js';
export type { DatabaseView } from './database/database-view.js';
export type { DatabaseTransaction } from './database/database-transaction.js';
export type { Propagation, TransactionOptions } from './database/transaction-options.js';
export type { TransactionCallback } from './database/run-transaction.js';
export type { QueryResult } from './database/query-result.js';
export type { ReplicaStatus } from './contract/connection.js';
export type { Backend, DriverCapabilities } from './contract/driver.js';
export type {
  CallOptions,
  Consistency,
  StatementInput,
  StatementObject,
  TransactionMode,
} from './contract/statement.js';
export type { InputArgs, InputValue } from './contract/value.js';
export {
  DatabaseBatchError,
  DatabaseError,
  type DatabaseErrorDetails,
  type DatabaseErrorKind,
  type Outcome,
} from './errors/database-error.js';
export type { ConstraintKind } from './errors/read-constraint.js';
export { ConfigurationError } from './errors/configuration-error.js';
export { IntegerRangeError } from './errors/integer-range-error.js';
export { findDatabaseError, isDatabaseError } from './errors/find-database-error.js';
export type {
  AuthToken,
  DatabaseModuleOptions,
  FallbackOptions,
  MigrationsOptions,
  PoolOptions,
  ReplicaOptions,
  SqliteOptions,
  TlsOptions,
} from './options/database-module-options.js';
export { detectDatabaseType } from './options/detect-database-type.js';
export { databaseEnvSchema, validateDatabaseEnv } from './options/env-schema.js';
export { DatabaseModule, type DatabaseModuleRootOptions } from './nest/database.module.js';
export type {
  DatabaseModuleAsyncOptions,
  DatabaseOptionsFactory,
} from './nest/database-module-async-options.js';
export { getConnectionToken } from './nest/connection-token.js';
export { InjectConnection } from './nest/inject-connection.js';
export {
  DatabaseHealthIndicator,
  type DatabaseHealth,
  type PingCheckOptions,
} from './nest/database-health-indicator.js';
export { type ReplicaHealth } from './nest/replica-health.js';
export {
  DatabaseDeadlineInterceptor,
  type DatabaseDeadlineOptions,
} from './nest/database-deadline.interceptor.js';
export { DatabaseStaleInterceptor } from './nest/database-stale.interceptor.js';
export { DatabaseExceptionFilter } from './nest/database-exception.filter.js';
