import type { Deadline } from '../async/deadline.js';
import type { DriverConnection } from '../contract/connection.js';
import { DatabaseError } from '../errors/database-error.js';
import { readJournal } from './journal.js';
import type { Migration, MigrationFile } from './migration-file.js';
import type { MigrationPace } from './migration-pace.js';
import { planMigrations } from './plan-migrations.js';
import { runMigration } from './run-migration.js';
import type { Turn } from './turn.js';

/** What applying needs. */
export interface ApplyParts {
  readonly connection: DriverConnection;
  readonly files: readonly MigrationFile[];
  /** By name: at least the files that are pending. */
  readonly migrations: ReadonlyMap<string, Migration>;
  readonly turn: Turn;
  readonly pace: MigrationPace;
  /** How often a file runs at most that the server rolled back for another writer's sake. */
  readonly maxAttempts: number;
  /** Starts the deadline of one file. */
  readonly createDeadline: () => Deadline;
}

/**
 * Applies file after file. Before each the journal is read anew, because other instances may be at the same work.
 * @returns the names of the files that this call applied
 */
export async function applyPending(parts: ApplyParts): Promise<string[]> {
  const { connection, files, migrations, turn, pace, maxAttempts, createDeadline } = parts;
  const applied: string[] = [];
  let left = Infinity;
  let attempt = 1;
  let deadline = createDeadline();
  for (;;) {
    const pending = planMigrations(files, await readJournal(connection, deadline));
    const [next] = pending;
    if (next === undefined) return applied;
    if (pending.length < left) {
      left = pending.length;
      attempt = 1;
      deadline = createDeadline();
    }
    if (!(await turn.take(deadline))) continue;
    try {
      const migration = migrations.get(next.name) as Migration;
      if (await runMigration(connection, migration, deadline, pace)) applied.push(next.name);
    } catch (error) {
      if (!wasRobbed(error) || attempt++ >= maxAttempts) throw error;
    }
  }
}

/** Another writer took the lock, and nothing of the file was kept. */
function wasRobbed(error: unknown): boolean {
  return error instanceof DatabaseError && error.kind === 'busy' && error.outcome === 'not-applied';
}
