export { copyDatabase } from './copy-database.js';
export { pullDatabase } from './pull-database.js';
export { backupDatabase } from './backup-database.js';
export { restoreDatabase } from './restore-database.js';
export { syncDatabase } from './sync/sync-database.js';
export { cutoverDatabase } from './cutover/cutover-database.js';
export { detachSource } from './detach-source.js';
export { checkDatabase } from './check-database.js';
export { readStatus } from './read-status.js';
export { planTransfer } from './plan-transfer.js';
export { verifyTransfer } from './verify-transfer.js';
export { TransferInterruptedError, TransferRefusedError } from './transfer-errors.js';
export type {
  CopyOptions,
  CutoverOptions,
  DetachOptions,
  FilePlacement,
  PullOptions,
  SyncOptions,
  TransferOptions,
  TransferTarget,
} from './transfer-options.js';
export type { BackupDatabaseOptions, BackupReport, RestoreOptions } from './backup-options.js';
export type { Diagnosis } from './check-database.js';
export type { Finding } from './doctor/finding.js';
export type { DatabaseState } from './read-status.js';
export type { Progress, ProgressListener } from './progress.js';
export type { InvalidTextPolicy } from './source/cell.js';
export type {
  PlannedTable,
  ProblemKind,
  TransferNote,
  TransferPlan,
  TransferProblem,
} from './plan/transfer-plan.js';
export type { PullReport } from './pull/pull-report.js';
export type { TransferReport } from './copy/transfer-report.js';
export type { SyncReport, TableChange } from './sync/sync-report.js';
export type { CutoverReport } from './cutover/cutover-report.js';
export type { Reject } from './target/checkpoint.js';
export type { Difference, Verification, VerifiedTable } from './verify/verification.js';
