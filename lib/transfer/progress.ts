/** What a transfer does now. */
export interface Progress {
  readonly stage:
    'snapshot' | 'plan' | 'file' | 'tables' | 'rows' | 'sequence' | 'indexes' | 'views' | 'verify';
  /** The table or object, where there is one. */
  readonly object: string | undefined;
  /** Rows of the object that are done. */
  readonly rows: number;
  /** Rows that the object has. */
  readonly totalRows: number;
}

/** Is told what a transfer does, often; it must not throw. */
export type ProgressListener = (progress: Progress) => void;
