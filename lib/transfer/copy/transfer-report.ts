import type { TransferNote } from '../plan/transfer-plan.js';
import type { Reject } from '../target/checkpoint.js';
import type { Verification } from '../verify/verification.js';

/** What a copy did with one table. */
export interface TableReport {
  readonly name: string;
  /** Rows of the source. */
  readonly rows: number;
  readonly copied: number;
  /** Rows that were left out. */
  readonly rejected: number;
  /** Of the rows that were copied: what the digest is over. */
  readonly bytes: number;
  /** Time that loading and verifying it took, in milliseconds; of a resume, since it began. */
  readonly durationMs: number;
  /** SHA-3 over the table's rows. It depends on the version of this package. */
  readonly digest: string;
  readonly equal: boolean;
}

/** What a copy did. */
export interface TransferReport {
  readonly source: string;
  /** Host and port. */
  readonly target: string;
  /** Rows on the target. */
  readonly rows: number;
  readonly tables: readonly TableReport[];
  readonly rejects: readonly Reject[];
  /** Where the rejects are listed, when there are any. */
  readonly rejectsFile: string | undefined;
  /** Of the plan; empty after a resume, whose plan was made before. */
  readonly notes: readonly TransferNote[];
  readonly verification: Verification;
  /** Whole time, in milliseconds. */
  readonly durationMs: number;
}
