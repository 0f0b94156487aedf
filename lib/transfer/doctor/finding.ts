/** What one check found. */
export interface Finding {
  /** What was looked at, such as `token` or `free space`. */
  readonly check: string;
  /** `warn` stops nothing, `fail` does. */
  readonly level: 'ok' | 'warn' | 'fail';
  /** Holds neither rows nor credentials. */
  readonly message: string;
}

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message };
}

export function warn(check: string, message: string): Finding {
  return { check, level: 'warn', message };
}

export function fail(check: string, message: string): Finding {
  return { check, level: 'fail', message };
}

/** Bytes for people. */
export function toMebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
