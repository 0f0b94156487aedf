/** A sync that brings nothing for so long is hung: the primary stands still, or the way to it swallows everything. Milliseconds. */
const longestStallMs = 10_000;
const lookEveryMs = 500;
/** Who waits for hundreds of megabytes wants to know that they come. */
const tellEveryMs = 5_000;

/** Watches a sync that may rightly take long: it ends when nothing was written for a while. */
export interface ProgressWatch {
  /** Fires when nothing comes any more, or the look has failed. */
  readonly signal: AbortSignal;
  /** Resolves when the last look has ended. */
  stop(): Promise<void>;
}

/** What a sync has written. A log that is written from its beginning on again does not grow, so the moment tells of progress too. */
export interface WrittenLook {
  readonly database: { readonly size: number; readonly writtenAt: string } | undefined;
  readonly log: { readonly size: number; readonly writtenAt: string } | undefined;
}

/**
 * @param look says what was written; when it fails, the sync must end
 * @param onProgress is told now and then how many bytes there are
 */
export function watchProgress(
  look: () => Promise<WrittenLook>,
  onProgress: (bytes: number) => void,
): ProgressWatch {
  const over = new AbortController();
  let seen = '';
  let wroteAt = performance.now();
  let toldAt = wroteAt;
  let looking: Promise<void> | undefined;
  const lookOnce = async (): Promise<void> => {
    const now = performance.now();
    const { database, log } = await look();
    const found = [database?.size, database?.writtenAt, log?.size, log?.writtenAt].join();
    if (found !== seen) [seen, wroteAt] = [found, now];
    if (now - wroteAt > longestStallMs) over.abort();
    if (now - toldAt < tellEveryMs) return;
    toldAt = now;
    onProgress((database?.size ?? 0) + (log?.size ?? 0));
  };
  const timer = setInterval(() => {
    looking ??= lookOnce()
      .catch(() => over.abort())
      .finally(() => (looking = undefined));
  }, lookEveryMs).unref();
  return {
    signal: over.signal,
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
