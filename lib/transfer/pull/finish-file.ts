import type { Deadline } from '../../async/deadline.js';
import { runChild, type ChildFailure } from '../../drivers/sqlite/run-child.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { createDefinitionError } from './definition-error.js';
import type { RemoteSchema } from './read-remote-schema.js';

/**
 * Creates indexes, views and triggers of a file whose rows are there, and checks it.
 * @returns whether SQLite finds it intact
 * @throws TransferRefusedError when this SQLite lacks what one of them needs
 */
export async function finishFile(
  path: string,
  { indexes, views, triggers }: RemoteSchema,
  deadline: Deadline,
): Promise<boolean> {
  const { isIntact } = await runChild<{ isIntact: boolean }>(
    {
      script: new URL('./finish-file.child.js', import.meta.url),
      job: { path, objects: [...indexes, ...views, ...triggers] },
      doing: 'while the new file was finished',
      toError,
    },
    deadline,
  );
  return isIntact;
}

function toError({ code, message, detail }: ChildFailure): Error {
  if (detail !== undefined && detail !== '' && code === 'SQLITE_ERROR')
    return createDefinitionError(detail, message);
  return toSqliteError(Object.assign(new Error(message), { code })) as Error;
}
