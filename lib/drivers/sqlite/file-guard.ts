import { statSync } from 'node:fs';
import { DatabaseError, type Outcome } from '../../errors/database-error.js';
import { FolderWatch } from './folder-watch.js';

/** Tells one file from another, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Reads look for the files at most this often, in milliseconds: looking takes longer than a short read. */
const readIntervalMs = 100;

/** What SQLite keeps beside a file in WAL mode. It never removes either while we have them open. */
const logSuffixes = ['-wal', '-shm'];

/**
 * Notices that the database file, or the log beside it, was deleted or replaced under this process: SQLite goes on writing into the
 * file that no longer has a name, and every such write is lost (it looks only in rollback mode, https://sqlite.org/howtocorrupt.html).
 * Files are looked at with `stat` only: to open one by hand would drop the locks that SQLite holds on it.
 */
export class FileGuard {
  readonly #path: string;
  readonly #expected: Map<string, FileIdentity>;
  readonly #usesLog: () => boolean;
  readonly #folder: FolderWatch;
  #lookedAt = -Infinity;

  /** @param usesLog says whether the database is in WAL mode now */
  constructor(path: string, identity: FileIdentity, usesLog: () => boolean) {
    this.#path = path;
    this.#expected = new Map([[path, identity]]);
    this.#usesLog = usesLog;
    this.#folder = new FolderWatch(path);
  }

  /** The name that the database was opened by. */
  get path(): string {
    return this.#path;
  }

  /** True while the database itself stands where it was opened. */
  get isInPlace(): boolean {
    return this.#findProblem(this.#path) === undefined;
  }

  /**
   * @param outcome of the call that asks: `unknown` when it has committed already
   * @throws DatabaseError `FILE_MOVED`
   */
  assertInPlace(outcome: Outcome, now = performance.now()): void {
    const folder = this.#folder.look();
    if (!this.#folder.isTrusted(folder, now)) {
      this.#lookedAt = -Infinity;
      this.#lookAtFiles(outcome);
      // with a rollback journal the folder changes with every commit
      if (this.#expected.size > 1) this.#folder.trust(folder, this.#expected.keys(), now);
    }
    this.#lookedAt = now;
  }

  /**
   * The same before a call, now and then.
   * @throws DatabaseError `FILE_MOVED`
   */
  assertInPlaceNowAndThen(now = performance.now()): void {
    if (now - this.#lookedAt > readIntervalMs) this.assertInPlace('not-applied', now);
  }

  /** Whatever it meets says what became of the call: behind a commit nothing may pass for an error of the statement. */
  #lookAtFiles(outcome: Outcome): void {
    for (const path of this.#expected.keys()) {
      const problem = this.#findProblem(path);
      if (problem !== undefined) throw createMovedError(path, problem, outcome);
    }
    if (this.#expected.size > 1) return;
    try {
      this.#adoptLog();
    } catch (error) {
      throw createMovedError(this.#path, describeFailure(error), outcome);
    }
  }

  /** Not before SQLite itself uses the log: in another mode the last of other processes removes it. */
  #adoptLog(): void {
    const found = logSuffixes.map((suffix) => [this.#path + suffix, look(this.#path + suffix)] as const);
    if (found[0]?.[1] === undefined || !this.#usesLog()) return;
    for (const [path, identity] of found) if (identity !== undefined) this.#expected.set(path, identity);
  }

  #findProblem(path: string): string | undefined {
    const expected = this.#expected.get(path);
    try {
      const found = look(path);
      if (found === undefined) return 'deleted';
      return found.ino === expected?.ino && found.dev === expected.dev ? undefined : 'replaced';
    } catch (error) {
      return describeFailure(error);
    }
  }
}

function describeFailure(error: unknown): string {
  return `made unreachable (${(error as NodeJS.ErrnoException).code})`;
}

function look(path: string): FileIdentity | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

function createMovedError(path: string, problem: string, outcome: Outcome): DatabaseError {
  const written = outcome === 'unknown' ? '; what was just committed may be lost' : '';
  return new DatabaseError(
    `the file ${path} was ${problem} while this process had it open${written}. ` +
      'Stop what moves it, then reconnect() or restart to open what is there now',
    { code: 'FILE_MOVED', kind: 'unavailable', outcome },
  );
}
