/** What a caller can ask of the one table of the model, `items (id, k UNIQUE, n <= 9, op)`. */
export type StatementKind =
  | 'insert'
  | 'insert-or-ignore'
  | 'insert-or-rollback'
  | 'upsert'
  | 'add'
  | 'add-to-all'
  | 'delete'
  | 'get'
  | 'list'
  | 'insert-null'
  | 'syntax-error';

export interface ModelStatement {
  readonly kind: StatementKind;
  readonly k: string;
  readonly n: number;
}

export type Mode = 'write' | 'read' | 'deferred';

/** So many turns of the event loop; from the fourth on, milliseconds. */
export interface Pause {
  readonly type: 'pause';
  readonly ticks: number;
}

/** One step inside of a transaction. */
export type Step =
  | Pause
  | StatementStep
  | BatchStep
  | { readonly type: 'scope'; readonly body: readonly Step[]; readonly caught: boolean }
  | { readonly type: 'parallel'; readonly members: readonly Step[]; readonly wait: 'all' | 'settled' }
  | { readonly type: 'throw' };

/** A statement on the handle of its transaction, or on the connection, which joins it. */
export interface StatementStep {
  readonly type: 'statement';
  readonly statement: ModelStatement;
  readonly via: 'handle' | 'connection';
  /** Its error is caught, and the callback goes on. */
  readonly caught: boolean;
  /** Its signal fires after so many ticks. */
  readonly abortAfter: number | undefined;
}

/** On the connection it is a savepoint: all or nothing. On the handle it keeps what ran before the error. */
export interface BatchStep {
  readonly type: 'batch';
  readonly statements: readonly ModelStatement[];
  readonly via: 'handle' | 'connection';
  readonly caught: boolean;
}

/** What a caller does by itself, one after the other. */
export type Unit =
  | Pause
  | {
      readonly type: 'single';
      readonly statement: ModelStatement;
      readonly abortAfter: number | undefined;
    }
  | { readonly type: 'whole-batch'; readonly mode: Mode; readonly statements: readonly ModelStatement[] }
  | { readonly type: 'transaction'; readonly mode: Mode; readonly body: readonly Step[] }
  | {
      readonly type: 'manual';
      readonly mode: Mode;
      readonly body: readonly Step[];
      readonly end: 'commit' | 'rollback' | 'close';
    };

/** What every caller does, all callers at once. */
export type Schedule = readonly (readonly Unit[])[];
