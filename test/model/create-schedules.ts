import fc from 'fast-check';
import type { Mode, ModelStatement, Schedule, StatementKind, Step, Unit } from './schedule.js';

export interface ScheduleOptions {
  /** Signals fire inside of transactions too. */
  readonly abortsInside: boolean;
  /** Statements that do not occur. */
  readonly without?: readonly StatementKind[];
}

type Weighted<T> = fc.WeightedArbitrary<T>;

const ticks = fc.nat(5);
const pause = ticks.map((count) => ({ type: 'pause', ticks: count }) as const);
const key = fc.constantFrom('a', 'b', 'c', 'd');
const caught = fc.boolean();
const via = fc.constantFrom('handle', 'connection');

const weightOfKind: readonly (readonly [StatementKind, number])[] = [
  ['insert', 4],
  ['upsert', 4],
  ['add', 4],
  ['get', 3],
  ['list', 2],
  ['delete', 2],
  ['insert-or-ignore', 1],
  ['add-to-all', 1],
  ['insert-or-rollback', 1],
  ['insert-null', 1],
  ['syntax-error', 1],
];

const statementOf = (kinds: readonly (readonly [StatementKind, number])[]): fc.Arbitrary<ModelStatement> =>
  fc.record({
    kind: fc.oneof(...kinds.map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight }))),
    k: key,
    n: fc.integer({ min: 1, max: 4 }),
  });

const changingStatement = ({ without = [] }: ScheduleOptions): fc.Arbitrary<ModelStatement> =>
  statementOf(weightOfKind.filter(([kind]) => !without.includes(kind)));
/** A delete leaves no name behind: whose it was is only told by its answer, which must not get lost. */
const withoutDeletes = (statement: fc.Arbitrary<ModelStatement>): fc.Arbitrary<ModelStatement> =>
  statement.filter(({ kind }) => kind !== 'delete');

/** A read transaction refuses every change alike: one kind of it is enough. */
const readStatement = statementOf([
  ['get', 3],
  ['list', 3],
  ['insert', 1],
]);
const abortOrNot = fc.option(ticks, { freq: 6, nil: undefined });
const never = fc.constant(undefined);

function simpleSteps(mode: Mode, options: ScheduleOptions): Weighted<Step>[] {
  const statement = mode === 'read' ? readStatement : changingStatement(options);
  return [
    { arbitrary: pause, weight: 1 },
    {
      arbitrary: fc.record({
        type: fc.constant('statement' as const),
        statement,
        via,
        caught,
        abortAfter: options.abortsInside ? abortOrNot : never,
      }),
      weight: 6,
    },
    {
      arbitrary: fc.record({
        type: fc.constant('batch' as const),
        statements: fc.array(withoutDeletes(statement), { minLength: 1, maxLength: 3 }),
        via,
        caught,
      }),
      weight: 1,
    },
  ];
}

function bodyOf(mode: Mode, options: ScheduleOptions, depth: number): fc.Arbitrary<Step[]> {
  const simple = simpleSteps(mode, options);
  const throwing = { arbitrary: fc.constant({ type: 'throw' } as const), weight: depth === 0 ? 0.5 : 1 };
  if (depth >= 2) return fc.array(fc.oneof(...whole([...simple, throwing])), { minLength: 1, maxLength: 3 });
  const scope: Weighted<Step> = {
    arbitrary: fc.record({
      type: fc.constant('scope' as const),
      body: bodyOf(mode, options, depth + 1),
      caught,
    }),
    weight: 1.5,
  };
  const parallel: Weighted<Step> = {
    arbitrary: fc.record({
      type: fc.constant('parallel' as const),
      members: fc.array(fc.oneof(...whole([...simple, scope])), { minLength: 2, maxLength: 3 }),
      wait: fc.constantFrom('all', 'settled'),
    }),
    weight: 1.5,
  };
  return fc.array(fc.oneof(...whole([...simple, throwing, scope, parallel])), { minLength: 1, maxLength: 4 });
}

/** fast-check wants whole weights. */
const whole = <T>(weighted: Weighted<T>[]): Weighted<T>[] =>
  weighted.map(({ arbitrary, weight }) => ({ arbitrary, weight: weight * 2 }));

function unitOf(options: ScheduleOptions): fc.Arbitrary<Unit> {
  const anyStatement = changingStatement(options);
  const namedStatement = withoutDeletes(anyStatement);
  const transactions = (['write', 'deferred', 'read'] as const).map((mode, index) => ({
    arbitrary: fc.record({
      type: fc.constant('transaction' as const),
      mode: fc.constant(mode),
      body: bodyOf(mode, options, 0),
    }),
    weight: [6, 3, 1][index] as number,
  }));
  const manual = (['write', 'deferred', 'read'] as const).map((mode, index) => ({
    arbitrary: fc.record({
      type: fc.constant('manual' as const),
      mode: fc.constant(mode),
      body: fc.array(fc.oneof(...whole(simpleSteps(mode, options))), { maxLength: 3 }),
      end: fc.constantFrom('commit', 'commit', 'rollback', 'close'),
    }),
    weight: [3, 1, 1][index] as number,
  }));
  const batches = (['write', 'deferred', 'read'] as const).map((mode) => ({
    arbitrary: fc.record({
      type: fc.constant('whole-batch' as const),
      mode: fc.constant(mode),
      statements: fc.array(mode === 'read' ? readStatement : anyStatement, { minLength: 1, maxLength: 4 }),
    }),
    weight: mode === 'read' ? 1 : 2,
  }));
  const singles = {
    arbitrary: fc.oneof(
      fc.record({ type: fc.constant('single' as const), statement: anyStatement, abortAfter: never }),
      fc.record({ type: fc.constant('single' as const), statement: namedStatement, abortAfter: abortOrNot }),
    ),
    weight: 6,
  };
  return fc.oneof<Weighted<Unit>[]>(
    { arbitrary: pause, weight: 2 },
    singles,
    ...batches,
    ...transactions,
    ...manual,
  );
}

/** Four to six callers at once, each with one to four units of work. */
export function createSchedules(options: ScheduleOptions): fc.Arbitrary<Schedule> {
  const caller = fc.array(unitOf(options), { minLength: 1, maxLength: 4 });
  return fc.array(caller, { minLength: 4, maxLength: 6 });
}
