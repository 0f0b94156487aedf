import { createDeadline } from '../async/deadline.js';
import { within } from '../async/within.js';
import type { Reporter } from '../contract/driver.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { OpenedDatabase } from './open-database.js';
import { refuseUnfinished } from './refuse-unfinished.js';

/** What must be done after each opening, before anybody else's call. */
export class DatabasePreparation {
  readonly #options: ResolvedOptions;
  readonly #report: Reporter;
  readonly #runHook: () => unknown;
  #warned = false;
  #hookRan = false;

  /** @param runHook calls `onConnectionCreate` */
  constructor(options: ResolvedOptions, report: Reporter, runHook: () => unknown) {
    this.#options = options;
    this.#report = report;
    this.#runHook = runHook;
  }

  /** Warns of the options, applies pending migrations, runs the hook. */
  readonly run = async (opened: OpenedDatabase, signal: AbortSignal): Promise<void> => {
    if (!this.#warned) {
      for (const warning of this.#options.warnings) this.#report({ level: 'warning', ...warning });
      this.#warned = true;
    }
    const { migrations, bootTimeoutMs } = this.#options;
    await refuseUnfinished(opened, this.#options, signal);
    if (migrations !== undefined && migrations.run !== 'manual') await this.migrate(opened, signal);
    // a database that does not outlive its close is a new, empty one after reconnect()
    if (this.#hookRan && opened.driver.capabilities.durable) return;
    const hook = Promise.resolve(this.#runHook());
    await within(hook, createDeadline(bootTimeoutMs, signal), 'running the onConnectionCreate hook');
    this.#hookRan = true;
  };

  /** Loaded by whoever has migrations: a fifth of what the package would load otherwise. */
  async migrate(opened: OpenedDatabase, signal: AbortSignal): Promise<readonly string[]> {
    const { migrateDatabase } = await import('./migrate-database.js');
    return migrateDatabase(opened, this.#options, this.#report, signal);
  }
}
