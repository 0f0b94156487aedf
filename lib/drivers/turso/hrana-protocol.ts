/**
 * The part of Hrana 3 (JSON over HTTP) that we speak.
 * https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md
 */
export type HranaValue =
  | { readonly type: 'null' }
  | { readonly type: 'integer'; readonly value: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'blob'; readonly base64: string };

export interface HranaStatement {
  readonly sql: string;
  readonly args?: readonly HranaValue[];
  readonly named_args?: readonly { readonly name: string; readonly value: HranaValue }[];
  readonly want_rows: boolean;
}

export type HranaCondition =
  | { readonly type: 'ok'; readonly step: number }
  | { readonly type: 'not'; readonly cond: HranaCondition }
  | { readonly type: 'and'; readonly conds: readonly HranaCondition[] }
  | { readonly type: 'is_autocommit' };

export interface HranaStep {
  readonly condition?: HranaCondition;
  readonly stmt: HranaStatement;
}

export type HranaRequest =
  | { readonly type: 'execute'; readonly stmt: HranaStatement }
  | { readonly type: 'batch'; readonly batch: { readonly steps: readonly HranaStep[] } }
  | { readonly type: 'sequence'; readonly sql: string }
  | { readonly type: 'describe'; readonly sql: string }
  | { readonly type: 'close' };

export interface HranaStatementResult {
  readonly cols: readonly { readonly name: string | null; readonly decltype?: string | null }[];
  readonly rows: readonly (readonly HranaValue[])[];
  readonly affected_row_count: number;
  readonly last_insert_rowid: string | null;
  /** How far the server's log was when it answered; a string, or absent where nothing is replicated. */
  readonly replication_index?: string | null;
  /** How long it ran, where the server says so. */
  readonly query_duration_ms?: number;
}

export interface HranaBatchResult {
  readonly step_results: readonly (HranaStatementResult | null)[];
  readonly step_errors: readonly (HranaError | null)[];
  readonly replication_index?: string | null;
}

export interface HranaDescribeResult {
  readonly is_readonly: boolean;
}

export interface HranaError {
  readonly message: string;
  readonly code?: string | null;
}

export type HranaResult =
  | { readonly type: 'ok'; readonly response: HranaResponse }
  | { readonly type: 'error'; readonly error: HranaError };

export type HranaResponse =
  | { readonly type: 'execute'; readonly result: HranaStatementResult }
  | { readonly type: 'batch'; readonly result: HranaBatchResult }
  | { readonly type: 'describe'; readonly result: HranaDescribeResult }
  | { readonly type: 'sequence' | 'close' };

export interface HranaPipelineAnswer {
  readonly baton: string | null;
  readonly results: readonly HranaResult[];
  /** Length of the whole answer. */
  readonly bytes: number;
}

/** A line of a cursor's answer, behind the first, which names the stream. */
export type HranaCursorEntry =
  | { readonly type: 'step_begin'; readonly step: number; readonly cols: HranaStatementResult['cols'] }
  | { readonly type: 'row'; readonly row: readonly HranaValue[] }
  | { readonly type: 'step_end' }
  | { readonly type: 'step_error'; readonly step: number; readonly error: HranaError }
  | { readonly type: 'error'; readonly error: HranaError }
  | { readonly type: 'replication_index'; readonly replication_index: number | string | null };

/** The first line of a cursor's answer. */
export interface HranaCursorStart {
  readonly baton: string | null;
}
