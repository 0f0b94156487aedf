export { LibsqlConnectionDialect, type LibsqlConnectionDialectConfig } from './libsql-connection-dialect.js';
