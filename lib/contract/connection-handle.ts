import type { Client } from '@libsql/core/api';

/** What a hook receives: the connection as a libSQL client. `DatabaseConnection` implements it. */
export type DatabaseConnectionHandle = Client;
