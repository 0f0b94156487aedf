import { createServerOptions, resolveTarget } from './resolve-transfer-options.js';
import { TargetDatabase } from './target/target-database.js';
import type { TransferTarget } from './transfer-options.js';

/** Longest time for one question, in milliseconds: counting the rows of a large table takes its time. */
const requestTimeoutMs = 60_000;

/** A server that is only asked, and once: somebody waits for the answer. Close it. */
export function openServer(address: TransferTarget, signal: AbortSignal | undefined): TargetDatabase {
  const bounds = { requestTimeoutMs, signal, onProgress: () => undefined };
  return new TargetDatabase({ ...createServerOptions('', resolveTarget(address), bounds), patienceMs: 0 });
}
