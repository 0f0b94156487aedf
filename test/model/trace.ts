import type { Mode, ModelStatement, Unit } from './schedule.js';

/** How a call settled: what it answered, as JSON, or why it failed. */
export type Settled =
  | { readonly ok: true; readonly value: string }
  | {
      readonly ok: false;
      readonly kind: string;
      readonly outcome: string;
      readonly index: number | undefined;
      readonly text: string;
    };

export interface StatementTrace {
  readonly type: 'statement';
  readonly statement: ModelStatement;
  readonly op: string;
  /** It had a signal that fired. */
  readonly mayAbort: boolean;
  settled: Settled | undefined;
}

export interface BatchTrace {
  readonly type: 'batch';
  readonly statements: readonly ModelStatement[];
  readonly ops: readonly string[];
  /** All or nothing, whatever is around it. */
  readonly whole: boolean;
  settled: Settled | undefined;
}

/** A transaction, or a savepoint in one. */
export interface ScopeTrace {
  readonly type: 'scope';
  readonly steps: StepTrace[];
  /** The callback came to its end: only the commit can fail then. */
  bodyDone: boolean;
  settled: Settled | undefined;
}

export interface GroupTrace {
  readonly type: 'group';
  readonly members: StepTrace[];
  /** The callback went on, by throwing, while members were still on their way. */
  interrupted: boolean;
}

export type StepTrace = StatementTrace | BatchTrace | ScopeTrace | GroupTrace;

/** One unit of one caller. The moments are numbers of a counter that grows with every call and every answer. */
export interface UnitTrace {
  readonly index: number;
  readonly caller: number;
  readonly unit: Unit;
  readonly mode: Mode;
  /** Earlier runs of a callback, which were lost. */
  readonly earlier: ScopeTrace[];
  /** What counts; undefined when it never began. */
  work: StepTrace | undefined;
  readonly invokedAt: number;
  settledAt: number;
  settled: Settled | undefined;
}
