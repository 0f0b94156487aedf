/** How the instances that start at once wait for each other. */
export interface MigrationPace {
  /** About how often a waiting instance looks, in milliseconds. */
  readonly pollMs: number;
  /** How long a holder of the lease may be silent before another takes it over, in milliseconds; it doubles each time. */
  readonly patienceMs: number;
  /** Longest time for a write to the lease, in milliseconds. */
  readonly leaseWriteMs: number;
  /** How long the journal is asked what became of a file whose answer was lost, in milliseconds. */
  readonly confirmMs: number;
}

export const migrationPace: MigrationPace = {
  pollMs: 300,
  patienceMs: 15_000,
  leaseWriteMs: 1_000,
  confirmMs: 5_000,
};
