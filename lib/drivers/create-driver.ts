import type { Driver, Reporter } from '../contract/driver.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/** Loads the driver that the options ask for, and no other: an app on Turso alone loads no native code. */
export async function createDriver(options: ResolvedOptions, report: Reporter): Promise<Driver> {
  const { target } = options;
  switch (target.backend) {
    case 'sqlite': {
      const { SqliteDriver } = await import('./sqlite/sqlite-driver.js');
      return new SqliteDriver(target, options, report);
    }
    case 'turso': {
      if (options.replica !== undefined) {
        const { ReplicaDriver } = await import('./replica/replica-driver.js');
        return new ReplicaDriver(target, options.replica, options, report);
      }
      const { TursoDriver } = await import('./turso/turso-driver.js');
      return new TursoDriver(target, options, report);
    }
  }
}
