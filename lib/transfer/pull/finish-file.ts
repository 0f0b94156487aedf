import type { Deadline } from '../../async/deadline.js';
import { runChild, type ChildFailure } from '../../drivers/sqlite/run-child.js';
import { toSqliteError } from '../../drivers/sqlite/sqlite-errors.js';
import { createDefinitionError } from './definition-error.js';
import type { RemoteSchema } from './read-remote-schema.js';

/**
 * Creates indexes, views and triggers of a file whose rows are there, and checks it, while the rows are read here.
 * @param read begins when everything is created, and runs beside the check
 * @returns whether SQLite finds it intact, and what was read
 * @throws TransferRefusedError when this SQLite lacks what one of them needs
 */
export async function finishFile<T>(
  path: string,
  { indexes, views, triggers }: RemoteSchema,
  read: () => Promise<T>,
  deadline: Deadline,
): Promise<{ isIntact: boolean; found: T }> {
  const objects = [...indexes, ...views, ...triggers];
  let reading: Promise<T> | undefined;
  const begin = (): void => void (reading ??= read()).catch(() => undefined);
  const checking = runChild<{ isIntact: boolean }, 'created'>(
    {
      script: new URL('./finish-file.child.js', import.meta.url),
      job: { path, objects },
      doing: 'while the new file was finished',
      toError,
      onNote: begin,
    },
    deadline,
  );
  try {
    if (objects.length === 0) begin();
    const { isIntact } = await checking;
    return { isIntact, found: await (reading ?? read()) };
  } catch (error) {
    // nobody may work on a file that is given up
    await reading?.catch(() => undefined);
    throw error;
  }
}

function toError({ code, message, detail }: ChildFailure): Error {
  if (detail !== undefined && detail !== '' && code === 'SQLITE_ERROR')
    return createDefinitionError(detail, message);
  return toSqliteError(Object.assign(new Error(message), { code })) as Error;
}
