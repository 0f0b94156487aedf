import type { TransferNote } from '../plan/transfer-plan.js';
import type { Reject } from '../target/checkpoint.js';
import type { Verification } from '../verify/verification.js';

/** What a copy did. */
export interface TransferReport {
  readonly source: string;
  /** Host and port. */
  readonly target: string;
  /** Rows on the target. */
  readonly rows: number;
  readonly rejects: readonly Reject[];
  /** Where the rejects are listed, when there are any. */
  readonly rejectsFile: string | undefined;
  /** Of the plan; empty after a resume, whose plan was made before. */
  readonly notes: readonly TransferNote[];
  readonly verification: Verification;
  /** Whole time, in milliseconds. */
  readonly durationMs: number;
}
