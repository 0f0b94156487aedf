/** Why something cannot move. */
export type ProblemKind =
  | 'target-not-empty'
  | 'name-taken'
  | 'reserved-name'
  | 'missing-function'
  | 'missing-collation'
  | 'missing-module'
  | 'refused-by-target'
  | 'value-too-large'
  | 'invalid-text'
  | 'unreadable';

/** Something that must be decided or mended before anything is written. */
export interface TransferProblem {
  readonly kind: ProblemKind;
  /** Name of the table, view, index or trigger. */
  readonly object: string;
  /** Never holds row data or SQL. */
  readonly message: string;
}

/** Something to know that stops nothing. */
export interface TransferNote {
  readonly kind:
    | 'application-id'
    | 'statistics'
    | 'infinity'
    | 'negative-zero'
    | 'invalid-text'
    | 'value-too-large'
    | 'broken-object'
    | 'server-table'
    | 'user-version'
    | 'utf-16';
  readonly object: string;
  readonly message: string;
}

/** A table with what moves of it. */
export interface PlannedTable {
  readonly name: string;
  readonly rows: number;
}

/** What a copy would do. */
export interface TransferPlan {
  readonly source: string;
  /** Host and port. */
  readonly target: string;
  readonly tables: readonly PlannedTable[];
  readonly virtualTables: number;
  readonly indexes: number;
  readonly views: number;
  readonly triggers: number;
  readonly problems: readonly TransferProblem[];
  readonly notes: readonly TransferNote[];
}
