import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A folder as it was at one look. */
export interface FolderState {
  readonly dev: number;
  readonly ino: number;
  /** A new one whenever something in it comes, goes or is renamed, to the microsecond; nobody can set it, as he can that of modification. */
  readonly ctimeMs: number;
}

/** Two changes within that time may leave the same time behind, in milliseconds: the clock of the kernel has steps of 10 ms at most … */
const fineStepMs = 100;
/** … and a file system that does not keep fractions, such as FAT, counts in steps of 2 s. */
const coarseStepMs = 3_000;

const options = { throwIfNoEntry: false } as const;

/** After so long the files themselves are looked at again, in milliseconds: a folder does not tell of what is mounted over one of them. */
const longestTrustMs = 1_000;

/**
 * Tells by one `stat` of a folder that the files in it still are those of a former look. To look at each would take three, and more than
 * that: whoever asks for the times of a file makes Linux 6.13 or later write a new one with the next change of it, so that the sync behind
 * that has to write the journal of the file system too: 25 µs of 65 on ext4 for the log of a database (measured).
 * https://docs.kernel.org/filesystems/multigrain-ts.html
 */
export class FolderWatch {
  readonly #path: string;
  #trusted: FolderState | undefined;
  #trustedUntil = -Infinity;

  /** @param file one of those in the folder */
  constructor(file: string) {
    this.#path = dirname(file);
  }

  /** Before a look at the files: a change behind it shows as another state. */
  look(): FolderState | undefined {
    try {
      return statSync(this.#path, options);
    } catch {
      // the look at the files says why
      return undefined;
    }
  }

  isTrusted(state: FolderState | undefined, now: number): boolean {
    const trusted = this.#trusted;
    if (trusted === undefined || state === undefined || now >= this.#trustedUntil) return false;
    return state.ctimeMs === trusted.ctimeMs && state.ino === trusted.ino && state.dev === trusted.dev;
  }

  /** @param files that were looked at behind this state, and all of them were in place */
  trust(state: FolderState | undefined, files: Iterable<string>, now: number): void {
    this.#trusted = state !== undefined && isOld(state) && ![...files].some(isLink) ? state : undefined;
    this.#trustedUntil = now + longestTrustMs;
  }
}

/** A folder does not tell what becomes of where a link in it points. */
function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return true;
  }
}

function isOld({ ctimeMs }: FolderState): boolean {
  return Date.now() - ctimeMs > (Number.isInteger(ctimeMs) ? coarseStepMs : fineStepMs);
}
