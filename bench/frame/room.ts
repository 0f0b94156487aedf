import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is still there when somebody stops the bench. */
const folders = new Set<string>();
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Takes down, in reverse order, what a table has set up. */
export class Room implements AsyncDisposable {
  readonly #ends: (() => unknown)[] = [];

  /** Remembers how something that was opened is closed. */
  defer(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** Opens something that has a `close()`, and closes it at the end. */
  use<T extends { close(): unknown }>(opened: T): T {
    this.defer(() => opened.close());
    return opened;
  }

  /** An empty folder. */
  async createFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-turso-bench-'));
    folders.add(folder);
    this.defer(async () => {
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
    });
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.#ends.reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be taken down');
  }
}
