import type { Verification } from '../verify/verification.js';

/** What a pull did. */
export interface PullReport extends Verification {
  /** The server's count of changes at the end of the snapshot, where it tells. */
  readonly replicationIndex: string | undefined;
  /** Why a pull that was to go on began again instead. */
  readonly restarted: string | undefined;
}
