import { createClient } from '@libsql/client';
import { drizzle as drizzleLibsql } from 'drizzle-orm/libsql';
import { drizzle as drizzleConnection } from 'drizzle-orm/libsql/web';
import { Kysely } from 'kysely';
import { createConnection } from 'nestjs-turso';
import { LibsqlConnectionDialect } from 'nestjs-turso/kysely';
import type { LocalClient } from './local-clients.js';
import { useDrizzle } from './use-drizzle.js';
import { useKysely, type KyselyTables } from './use-kysely.js';

/** The work in Drizzle and Kysely, on a server. */
export function openRemoteOrms(url: string): [name: string, client: Pick<LocalClient, 'read' | 'close'>][] {
  const client = createClient({ url });
  const [forDrizzle, forKysely] = [createConnection({ url }), createConnection({ url })];
  const dialect = new LibsqlConnectionDialect({ connection: forKysely });
  return [
    ['Drizzle, @libsql/client, HTTP', useDrizzle(drizzleLibsql(client), client)],
    ['Drizzle, nestjs-turso', useDrizzle(drizzleConnection(forDrizzle), forDrizzle)],
    ['Kysely, nestjs-turso', useKysely(new Kysely<KyselyTables>({ dialect }), forKysely)],
  ];
}
