import { basename, dirname, join, resolve } from 'node:path';
import { resolveOptions } from '../options/resolve-options.js';
import type { ResolvedTursoTarget } from '../options/resolved-options.js';
import { resolvePlacement, type ResolvedPlacement } from './place/placement.js';
import type { ProgressListener } from './progress.js';
import type { InvalidTextPolicy } from './source/cell.js';
import { createTransferError } from './transfer-errors.js';
import type { CopyOptions, TransferTarget } from './transfer-options.js';

/** What a transfer is when its caller says nothing else. Milliseconds end in `Ms`. */
export const defaultTransferOptions = Object.freeze({
  invalidUtf8: 'stop',
  onBadRow: 'stop',
  intoNonEmpty: false,
  requestTimeoutMs: 600_000,
  patienceMs: 60_000,
  resume: false,
  keepOpen: false,
} as const) satisfies Partial<CopyOptions>;

/** Options of a transfer: complete and checked. */
export interface ResolvedTransferOptions {
  /** Absolute path. */
  readonly source: string;
  readonly target: ResolvedTursoTarget;
  readonly connectTimeoutMs: number;
  readonly invalidUtf8: InvalidTextPolicy;
  readonly onBadRow: 'stop' | 'quarantine';
  readonly intoNonEmpty: boolean;
  /** Of the file itself; `undefined` sends rows. */
  readonly placement: ResolvedPlacement | undefined;
  readonly rejectsFile: string;
  /** One of this source's own, in the folder that the caller names. */
  readonly workFolder: string;
  readonly requestTimeoutMs: number;
  readonly patienceMs: number;
  readonly resume: boolean;
  readonly keepOpen: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ProgressListener;
}

const choices = {
  invalidUtf8: ['stop', 'blob', 'replace', 'keep'],
  onBadRow: ['stop', 'quarantine'],
} as const;

/** @throws ConfigurationError, DatabaseError `TRANSFER_OPTION_INVALID` */
export function resolveTransferOptions(options: CopyOptions): ResolvedTransferOptions {
  const { source, workFolder } = resolvePaths(options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const merged = { ...defaultTransferOptions, ...Object.fromEntries(given) } as CopyOptions &
    typeof defaultTransferOptions;
  for (const [name, allowed] of Object.entries(choices)) {
    const value = merged[name as keyof typeof choices];
    if ((allowed as readonly string[]).includes(value)) continue;
    throw createTransferError(`${name} must be one of ${allowed.join(', ')}`, 'TRANSFER_OPTION_INVALID');
  }
  for (const name of ['requestTimeoutMs', 'patienceMs'] as const) {
    if (merged[name] >= 0) continue;
    throw createTransferError(`${name} must be a number of milliseconds`, 'TRANSFER_OPTION_INVALID');
  }
  if (merged.keepOpen && merged.intoNonEmpty) {
    throw createTransferError(
      'a copy beside other objects cannot be kept open: sync and cutover need a database of their own',
      'TRANSFER_OPTION_INVALID',
    );
  }
  const server = resolveTarget(options.target);
  return {
    source,
    ...server,
    placement: resolvePlacement(options, server.target),
    invalidUtf8: merged.invalidUtf8,
    onBadRow: merged.onBadRow,
    intoNonEmpty: merged.intoNonEmpty,
    rejectsFile: resolve(options.rejectsFile ?? `${source}.rejects.jsonl`),
    workFolder,
    requestTimeoutMs: merged.requestTimeoutMs,
    patienceMs: merged.patienceMs,
    resume: merged.resume,
    keepOpen: merged.keepOpen,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => undefined),
  };
}

/** What it takes to read a server whose address is resolved already. */
export function createServerOptions(
  file: string,
  server: Pick<ResolvedTransferOptions, 'target' | 'connectTimeoutMs'>,
  bounds: Pick<ResolvedTransferOptions, 'requestTimeoutMs' | 'signal' | 'onProgress'>,
): ResolvedTransferOptions {
  return {
    ...defaultTransferOptions,
    ...server,
    ...bounds,
    source: file,
    placement: undefined,
    rejectsFile: `${file}.rejects.jsonl`,
    workFolder: `${file}.transfer`,
  };
}

/** @throws DatabaseError `TRANSFER_OPTION_INVALID` */
export function resolvePaths({
  source: path,
  workFolder,
}: Pick<CopyOptions, 'source' | 'workFolder'>): Pick<ResolvedTransferOptions, 'source' | 'workFolder'> {
  assertPath(path);
  const source = resolve(path);
  return { source, workFolder: join(resolve(workFolder ?? dirname(source)), `${basename(source)}.transfer`) };
}

/** An address may hold a token, and a path is told in messages. */
export function assertPath(path: string): void {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return;
  throw createTransferError(
    'an address stands in the place of the SQLite file: give a path',
    'TRANSFER_OPTION_INVALID',
  );
}

/**
 * @throws ConfigurationError for an address that is no libSQL server's
 */
export function resolveTarget(
  target: TransferTarget,
): Pick<ResolvedTransferOptions, 'target' | 'connectTimeoutMs'> {
  const resolved = resolveOptions(target, { read: () => undefined, nodeEnv: undefined, cwd: process.cwd() });
  if (resolved.target.backend !== 'turso') {
    throw createTransferError(
      'the target is a SQLite file: give the address of a libSQL server (libsql:, https:, http:)',
      'TRANSFER_TARGET_INVALID',
    );
  }
  return { target: resolved.target, connectTimeoutMs: resolved.connectTimeoutMs };
}
