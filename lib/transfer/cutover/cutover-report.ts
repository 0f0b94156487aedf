import type { TableChange } from '../sync/sync-report.js';
import type { Verification } from '../verify/verification.js';

/** What a cut-over did. */
export interface CutoverReport {
  readonly mode: 'changelog' | 'hash';
  /** How long the application could not write, in milliseconds. */
  readonly pauseMs: number;
  /** Tables that changed between the last sync and the pause. */
  readonly changes: readonly TableChange[];
  /** Writes to the source fail from now on. Without a changelog the source is never touched, so it stays open. */
  readonly sourceClosed: boolean;
  /** Of everything, made behind the pause. What the application has written to the target meanwhile counts as a difference. */
  readonly verification: Verification;
  /** Whole time, in milliseconds. */
  readonly durationMs: number;
}
