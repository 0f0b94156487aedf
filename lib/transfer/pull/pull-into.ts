import type { Deadline } from '../../async/deadline.js';
import type { SourceTable } from '../source/source-schema.js';
import { listExpressions } from '../source/select-rows.js';
import type { TargetDatabase } from '../target/target-database.js';
import { TransferRefusedError } from '../transfer-errors.js';
import { countReadable } from '../verify/readable-query.js';
import { RowDigest } from '../verify/row-digest.js';
import type { Verification } from '../verify/verification.js';
import { openDatabaseFile, type DatabaseFile } from './database-file.js';
import { finishFile } from './finish-file.js';
import type { PullRecord } from './pull-progress.js';
import type { RemoteSchema } from './read-remote-schema.js';
import { readSnapshot, selectTable, type Missing } from './read-snapshot.js';
import { verifyFile } from './verify-file.js';

/** Columns of a result, in SQLite as it is built for the server. */
const widestResult = 2_000;

/** A pull that goes on, and what it notes for the next one. */
export interface PullState {
  /** Of the pull before; undefined for one that begins. */
  readonly former: PullRecord | undefined;
  /** Told when a table has arrived, with the digests of all that have; it must not throw. */
  readonly onArrived: (digests: PullRecord['digests']) => void;
}

/** What was read. */
export interface Pulled {
  readonly verification: Verification;
  /** The server's replication index at the end of the snapshot, where it tells. */
  readonly replicationIndex: string | undefined;
}

/** Fills a file with a snapshot of the server, finishes it, and reads it back. */
export async function pullInto(
  server: TargetDatabase,
  remote: RemoteSchema,
  path: string,
  state: PullState,
  deadline: Deadline,
): Promise<Pulled> {
  const { digests, replicationIndex } = await fill(server, remote, path, state);
  const verify = (): Promise<Verification> => verifyFile(path, digests, server.options.signal);
  const { isIntact, found } = await finishFile(path, remote, verify, deadline);
  const verification: Verification = isIntact
    ? found
    : {
        ...found,
        equal: false,
        differences: [...found.differences, { kind: 'integrity', object: 'integrity_check', key: '' }],
      };
  return { verification, replicationIndex };
}

/** @returns the digest of each table: the server's own where it has one, otherwise that of the rows as they came */
async function fill(
  server: TargetDatabase,
  remote: RemoteSchema,
  path: string,
  { former, onArrived }: PullState,
): Promise<{ digests: Map<string, string>; replicationIndex: string | undefined }> {
  const file = await openDatabaseFile(path);
  try {
    const schema = former === undefined ? file.createTables(remote) : file.readSchema();
    assertReadable(schema.tables);
    file.commit();
    const digests = new Map(former?.digests);
    onArrived([...digests]);
    const missing = new Map(schema.tables.map((table) => [table, findMissing(file, table, remote, digests)]));
    const { onProgress } = server.options;
    const told = new Map<string, string>();
    let arriving: RowDigest | undefined;
    let rows = 0;
    const replicationIndex = await readSnapshot(
      server,
      remote,
      schema,
      (table) => missing.get(table) ?? 'rows',
      {
        onRow(table, row) {
          file.insert(table, row);
          if (!remote.hasSha3) (arriving ??= new RowDigest(selectTable(table))).addRow(row);
          if (++rows % 1_000 === 0) onProgress({ stage: 'rows', object: table.name, rows, totalRows: 0 });
        },
        onTable(table) {
          digests.set(table.name, (arriving ?? new RowDigest(selectTable(table))).finish());
          arriving = undefined;
          file.commit();
          onArrived([...digests]);
        },
        onDigest: ({ name }, digest) => void told.set(name, digest),
        onSequence: (counters) => file.setSequence(counters),
        onPragma: (name, value) => file.setPragma(name, value),
      },
    );
    file.finish();
    return { digests: new Map([...digests, ...told]), replicationIndex };
  } catch (error) {
    file.keep();
    throw error;
  } finally {
    file.close();
  }
}

/** Where the server has no digest of its own, a table that came in part begins again: its digest is that of the rows as they come. */
function findMissing(
  file: DatabaseFile,
  table: SourceTable,
  { hasSha3 }: RemoteSchema,
  arrived: ReadonlyMap<string, string>,
): Missing {
  if (arrived.has(table.name)) return 'nothing';
  const afterRowid = hasSha3 ? file.readLastRowid(table) : undefined;
  if (afterRowid !== undefined) return { afterRowid };
  file.empty(table.name);
  return 'rows';
}

/** The storage classes of a row travel beside its values. */
function assertReadable(tables: readonly SourceTable[]): void {
  const wide = tables.filter((table) => countReadable(listExpressions(table, false).length) > widestResult);
  if (wide.length === 0) return;
  const message = 'more than 1,980 columns, with the rowid, cannot be read over the protocol';
  throw new TransferRefusedError(wide.map(({ name }) => ({ kind: 'unreadable', object: name, message })));
}
