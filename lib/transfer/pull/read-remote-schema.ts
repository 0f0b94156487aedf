import { packingFunctions } from './packed-query.js';
import { listTargetObjects } from '../target/list-objects.js';
import type { TargetDatabase } from '../target/target-database.js';

/** An entry of a server's schema. */
export interface RemoteObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

/** What a server holds, sorted by what must be created first. */
export interface RemoteSchema {
  /** Ordinary tables, then virtual ones. */
  readonly tables: readonly RemoteObject[];
  /** Tables that SQLite takes for shadow tables by their name alone: most come with the virtual ones. */
  readonly shadows: readonly RemoteObject[];
  readonly indexes: readonly RemoteObject[];
  readonly views: readonly RemoteObject[];
  readonly triggers: readonly RemoteObject[];
  readonly hasSequence: boolean;
  readonly hasSha3: boolean;
  /** The server has what it takes to send many rows in one value. */
  readonly canPack: boolean;
  /** Changes with every change of a definition. */
  readonly fingerprint: string;
  /** Changes with every write, where the server tells it. Read before everything else. */
  readonly replicationIndex: string | undefined;
}

/** The query whose answer tells, inside of the snapshot, whether the schema is still this one. */
export const fingerprintQuery =
  "SELECT coalesce(group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(10)), '') FROM (SELECT * FROM sqlite_schema ORDER BY rowid)";

export async function readRemoteSchema(server: TargetDatabase): Promise<RemoteSchema> {
  const replicationIndex = await server.readReplicationIndex();
  const objects = await listTargetObjects(server);
  const shadows = new Set(
    await readTexts(server, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'`),
  );
  const ofType = (type: string): RemoteObject[] => objects.filter((object) => object.type === type);
  const tables = ofType('table').filter(({ name }) => !shadows.has(name));
  const isVirtual = ({ sql }: RemoteObject): boolean => /^CREATE VIRTUAL TABLE/i.test(sql);
  const functions = new Set(await readTexts(server, `SELECT name || '/' || narg FROM pragma_function_list`));
  const [fingerprint = ''] = await readTexts(server, fingerprintQuery);
  return {
    tables: [...tables.filter((table) => !isVirtual(table)), ...tables.filter(isVirtual)],
    shadows: ofType('table').filter(({ name }) => shadows.has(name)),
    indexes: ofType('index'),
    views: ofType('view'),
    triggers: ofType('trigger'),
    hasSequence:
      (await readTexts(server, `SELECT name FROM sqlite_schema WHERE name = 'sqlite_sequence'`)).length > 0,
    hasSha3: functions.has('sha3_query/2'),
    canPack: packingFunctions.every((name) => functions.has(name)),
    fingerprint,
    replicationIndex,
  };
}

async function readTexts(server: TargetDatabase, sql: string): Promise<string[]> {
  const rows = await server.query(sql);
  return rows.map(([cell]) => (cell?.type === 'text' ? cell.value : ''));
}
