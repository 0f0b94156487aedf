import type { ModelStatement, Schedule, Step, Unit } from './schedule.js';

/** A schedule as lines that can be read aloud. */
export function printSchedule(schedule: Schedule): string {
  return schedule
    .flatMap((units, caller) => [
      `caller ${caller}`,
      ...units.flatMap((unit) => printUnit(unit)).map((line) => `  ${line}`),
    ])
    .join('\n');
}

export function printUnit(unit: Unit): string[] {
  switch (unit.type) {
    case 'pause':
      return [`pause ${unit.ticks}`];
    case 'single':
      return [`execute ${printStatement(unit.statement)}${abortOf(unit.abortAfter)}`];
    case 'whole-batch':
      return [`batch ${unit.mode} [${unit.statements.map(printStatement).join(', ')}]`];
    case 'transaction':
      return [`withTransaction ${unit.mode}`, ...printSteps(unit.body)];
    case 'manual':
      return [`transaction ${unit.mode}`, ...printSteps(unit.body), `  ${unit.end}()`];
  }
}

function printSteps(steps: readonly Step[]): string[] {
  return steps.flatMap(printStep).map((line) => `  ${line}`);
}

function printStep(step: Step): string[] {
  switch (step.type) {
    case 'pause':
      return [`pause ${step.ticks}`];
    case 'throw':
      return ['throw'];
    case 'statement':
      return [`${via(step.via)} ${printStatement(step.statement)}${abortOf(step.abortAfter)}${caught(step)}`];
    case 'batch':
      return [`${via(step.via)} batch [${step.statements.map(printStatement).join(', ')}]${caught(step)}`];
    case 'scope':
      return [`nested${caught(step)}`, ...printSteps(step.body)];
    case 'parallel':
      return [`Promise.${step.wait === 'all' ? 'all' : 'allSettled'}`, ...printSteps(step.members)];
  }
}

export function printStatement({ kind, k, n }: ModelStatement): string {
  switch (kind) {
    case 'insert':
    case 'insert-or-ignore':
    case 'insert-or-rollback':
    case 'upsert':
    case 'add':
      return `${kind} ${k} ${n}`;
    case 'add-to-all':
      return `${kind} ${n}`;
    case 'delete':
    case 'get':
      return `${kind} ${k}`;
    case 'list':
    case 'insert-null':
    case 'syntax-error':
      return kind;
  }
}

const abortOf = (ticks: number | undefined): string => (ticks === undefined ? '' : ` (abort after ${ticks})`);
const via = (way: 'handle' | 'connection'): string => (way === 'handle' ? 'tx' : 'db');
const caught = (step: { caught: boolean }): string => (step.caught ? ' (caught)' : '');
