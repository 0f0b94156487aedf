/**
 * Full jitter: a uniform wait between 0 and an exponentially growing cap, so that callers who failed together do not come back
 * together. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param attempt how many attempts failed so far, from 1
 * @returns milliseconds
 */
export function jitteredBackoffMs(attempt: number, baseMs: number, capMs: number): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
}
