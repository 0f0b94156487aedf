import { stat } from 'node:fs/promises';

/** The files that this process has open, each with the name that it was opened by first. */
const files = new Map<string, { readonly path: string; users: number }>();

/** One connection's part in a file. */
export interface DatabaseFile {
  /** Device and inode, whatever the name. */
  readonly databaseKey: string;
  /** The name to open it by: the one that this process uses already. */
  readonly path: string;
  /** @returns true for the last one to leave */
  leave(): boolean;
}

/**
 * Joins those who use a file in this process. All of them open it by one name: beside each name of a file (a hard link) SQLite keeps
 * a log of its own, and writers with two logs get nothing but I/O errors (measured).
 * @returns undefined when there is no file yet
 */
export async function joinDatabaseFile(path: string): Promise<DatabaseFile | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  const databaseKey = `sqlite:${found.dev}:${found.ino}`;
  const file = files.get(databaseKey) ?? { path, users: 0 };
  file.users++;
  files.set(databaseKey, file);
  const leave = (): boolean => {
    const isLast = --file.users === 0;
    if (isLast) files.delete(databaseKey);
    return isLast;
  };
  return { databaseKey, path: file.path, leave };
}
