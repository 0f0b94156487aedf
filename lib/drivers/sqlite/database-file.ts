import { readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Deadline } from '../../async/deadline.js';
import { within } from '../../async/within.js';
import type { FileIdentity } from './file-guard.js';

/** A file that connections of this process have open. */
interface OpenFile {
  /** The name that it was opened by first. */
  readonly path: string;
  /** Resolves when the last of them has left. */
  readonly left: Promise<void>;
  readonly onLeft: () => void;
  users: number;
}

const files = new Map<string, OpenFile>();

/** One connection's part in a file. */
export interface DatabaseFile {
  /** Device and inode, whatever the name. */
  readonly databaseKey: string;
  readonly identity: FileIdentity;
  /** The name to open it by: the one that this process uses already, without symbolic links. */
  readonly path: string;
  /** @returns true for the last one to leave */
  leave(): boolean;
}

/**
 * Joins those who use a file in this process. All of them open it by one name: beside each name of a file (a hard link) SQLite keeps
 * a log of its own, and writers with two logs get nothing but I/O errors (measured). A file that took the name of one that is still
 * open here has to wait: SQLite would take the log of the former for the log of the new one.
 * @returns undefined when there is no file yet
 * @throws DatabaseError `timeout` when the former file stays open
 */
export async function joinDatabaseFile(path: string, deadline: Deadline): Promise<DatabaseFile | undefined> {
  const name = await resolveName(path);
  for (;;) {
    const identity = await stat(name, { bigint: true }).catch(() => undefined);
    const databaseKey = identity === undefined ? undefined : `sqlite:${identity.dev}:${identity.ino}`;
    const former = [...files].find(([key, file]) => file.path === name && key !== databaseKey);
    if (former !== undefined) await within(former[1].left, deadline, waitingForFormer);
    else if (identity === undefined || databaseKey === undefined) return undefined;
    else return enter(databaseKey, identity, name);
  }
}

const waitingForFormer =
  'waiting for another connection of this process, which has the deleted or replaced file of the same name open: ' +
  'reconnect() or close() it too';

function enter(databaseKey: string, identity: FileIdentity, name: string): DatabaseFile {
  const file = files.get(databaseKey) ?? createOpenFile(name);
  file.users++;
  files.set(databaseKey, file);
  const leave = (): boolean => {
    if (--file.users > 0) return false;
    files.delete(databaseKey);
    file.onLeft();
    return true;
  };
  return { databaseKey, identity, path: file.path, leave };
}

function createOpenFile(path: string): OpenFile {
  let onLeft: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (onLeft = resolve));
  return { path, left, onLeft, users: 0 };
}

/** SQLite follows symbolic links and keeps its log beside the file itself. */
export async function resolveName(path: string): Promise<string> {
  return realpath(path).catch(async () => {
    // a link to a file that is still to be made; of links in a circle each is a name of its own
    const target = await readlink(path).catch(() => basename(path));
    return join(await realpath(resolve(dirname(path), dirname(target))), basename(target));
  });
}
