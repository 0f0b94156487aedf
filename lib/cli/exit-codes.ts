/** What a shell learns. */
export const exitCodes = {
  /** Copied and verified, or nothing to object. */
  verified: 0,
  /** Wrong use, or a plan with problems: nothing was written. */
  usage: 1,
  /** Copied and verified, but rows were left out. */
  rejects: 2,
  /** Source and target differ. */
  mismatch: 3,
  /** Stopped between two commits: `--resume` goes on. */
  interrupted: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
