import { fork } from 'node:child_process';
import { throwIfOver, type Deadline } from '../../async/deadline.js';
import { watchDeadline } from '../../async/watch-deadline.js';
import { DatabaseError } from '../../errors/database-error.js';
import { createAbortedError, createTimeoutError } from '../../errors/wait-errors.js';

/** How a child says that it failed. */
export interface ChildFailure {
  readonly code: unknown;
  readonly message: string;
  readonly detail: string | undefined;
}

/** What a child is for. */
export interface ChildWork<Done, Note> {
  readonly script: URL;
  readonly job: object;
  /** For messages: `'while the file was copied'`. */
  readonly doing: string;
  readonly toError: (failure: ChildFailure) => Error;
  /** Nobody waits for it: a process that has nothing else to do ends without it. */
  readonly background?: true;
  readonly onNote?: (note: Note) => void;
  /** For its type alone. */
  readonly done?: Done;
}

type Answer<Done, Note> =
  { readonly done: Done } | { readonly failed: ChildFailure } | { readonly note: Note };

/**
 * Lets a process of its own do native work, which blocks its thread: a deadline or a signal kills it at once. Settles when the process
 * is gone, so that nobody writes any more.
 * @throws DatabaseError
 */
export async function runChild<Done, Note = never>(
  { script, job, doing, toError, onNote, background }: ChildWork<Done, Note>,
  deadline: Deadline,
): Promise<Done> {
  throwIfOver(deadline, doing);
  const child = fork(script, {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  if (background) {
    child.unref();
    child.channel?.unref();
  }
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    const end = (error: Error): void => {
      settle = () => reject(error);
      child.kill('SIGKILL');
    };
    const stopWatching = watchDeadline(
      deadline,
      () => end(createTimeoutError(doing, deadline.timeoutMs)),
      (reason) => end(createAbortedError(doing, reason)),
      !background,
    );
    const finish = (): void => {
      stopWatching();
      settle?.();
    };
    child.on('message', (answer: Answer<Done, Note>) => {
      if ('note' in answer) onNote?.(answer.note);
      else if ('done' in answer) settle ??= () => resolve(answer.done);
      else settle ??= () => reject(toError(answer.failed));
    });
    child.on('error', (cause) => {
      settle ??= () => reject(createLostError(doing, 'could not be started', cause));
      // one that never was has no exit
      if (child.pid === undefined) finish();
    });
    child.on('exit', (code, signal) => {
      settle ??= () => reject(createLostError(doing, `ended early (${signal ?? code})`));
      finish();
    });
    child.send(job, () => undefined);
  });
}

function createLostError(doing: string, what: string, cause?: unknown): DatabaseError {
  return new DatabaseError(`a process of its own ${what} ${doing}`, {
    code: 'CHILD_LOST',
    kind: 'unavailable',
    outcome: 'not-applied',
    cause,
  });
}
