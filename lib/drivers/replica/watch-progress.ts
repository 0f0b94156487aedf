/** A sync that brings nothing for so long is hung: the primary stands still, or the way to it swallows everything. Milliseconds. */
const longestStallMs = 10_000;
const lookEveryMs = 500;
/** Who waits for hundreds of megabytes wants to know that they come. */
const tellEveryMs = 5_000;

/** Watches a sync that may rightly take long: it ends when the files have not grown for a while. */
export interface ProgressWatch {
  /** Fires when nothing comes any more. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * @param readSize in bytes, of what has come
 * @param onProgress is told it now and then
 */
export function watchProgress(
  readSize: () => Promise<number>,
  onProgress: (bytes: number) => void,
): ProgressWatch {
  const stalled = new AbortController();
  let size = -1;
  let grewAt = performance.now();
  let toldAt = grewAt;
  const look = async (): Promise<void> => {
    const now = performance.now();
    const found = await readSize();
    if (found !== size) [size, grewAt] = [found, now];
    if (now - grewAt > longestStallMs) stalled.abort();
    if (now - toldAt < tellEveryMs) return;
    toldAt = now;
    onProgress(size);
  };
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return { signal: stalled.signal, stop: () => clearInterval(timer) };
}
