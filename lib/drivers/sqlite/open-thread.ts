import { ReaderThread, type ThreadEvents } from './reader-thread.js';
import type { ThreadSettings } from './thread-protocol.js';

/** Starts a thread, and says when it takes tasks, or why it never will. */
export function openThread(
  settings: Omit<ThreadSettings, 'marks'>,
  { onOpened, onIdle, onGone }: Omit<ThreadEvents, 'onUnusable'>,
): { readonly thread: ReaderThread; readonly opened: Promise<ReaderThread> } {
  let resolve: (thread: ReaderThread) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const opened = new Promise<ReaderThread>((...settle) => ([resolve, reject] = settle));
  const thread = new ReaderThread(settings, {
    onOpened,
    onIdle: (idle) => {
      resolve(idle);
      onIdle(idle);
    },
    onUnusable: (_thread, error) => reject(error),
    onGone,
  });
  return { thread, opened };
}
