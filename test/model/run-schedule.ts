import type { ResultSet, Transaction } from '@libsql/core/api';
import type { DatabaseConnection } from '../../lib/index.js';
import { printUnit } from './print-schedule.js';
import type { ModelStatement, Schedule, Step, Unit } from './schedule.js';
import { toSql } from './serial-model.js';
import { goOn, pause, settle, settlesWithin, signalAfter, ThrownOnPurpose, toValue } from './settle-call.js';
import type {
  BatchTrace,
  GroupTrace,
  ScopeTrace,
  Settled,
  StatementTrace,
  StepTrace,
  UnitTrace,
} from './trace.js';

/** Longest time for a whole schedule, and then for calls that nobody waited for, in milliseconds. */
const longestRunMs = 25_000;
const longestRestMs = 12_000;

/** What a step needs to know of the transaction around it. */
interface Inside {
  readonly unit: UnitTrace;
  readonly handle: Pick<Transaction, 'execute' | 'batch'>;
  /** Its calls join the transaction; undefined for a manual one, which nobody can join. */
  readonly connection: DatabaseConnection | undefined;
}

/** Runs a schedule and writes down what every call answered. */
export class ScheduleRun {
  readonly units: UnitTrace[] = [];
  readonly #connections: readonly DatabaseConnection[];
  readonly #name: string;
  readonly #inFlight = new Set<Promise<unknown>>();
  #moment = 0;
  #ops = 0;

  /** @param name stands in front of every name of a statement: a late statement of another run shows */
  constructor(connections: readonly DatabaseConnection[], name: string) {
    this.#connections = connections;
    this.#name = name;
  }

  /** @throws Error when a promise stays pending */
  async run(schedule: Schedule): Promise<void> {
    const callers = schedule.map((units, caller) => this.#runCaller(units, caller));
    if (!(await settlesWithin(Promise.all(callers), longestRunMs))) {
      const pending = this.units.filter(({ settled }) => settled === undefined);
      const lines = pending.map(({ caller, unit }) => `caller ${caller}: ${printUnit(unit).join(' / ')}`);
      throw new Error(`still pending after ${longestRunMs} ms:\n${lines.join('\n')}`);
    }
    if (!(await settlesWithin(Promise.allSettled([...this.#inFlight]), longestRestMs)))
      throw new Error(`${this.#inFlight.size} calls inside of transactions stay pending`);
  }

  async #runCaller(units: readonly Unit[], caller: number): Promise<void> {
    for (const unit of units) {
      if (unit.type === 'pause') {
        await pause(unit.ticks);
        continue;
      }
      const trace: UnitTrace = {
        index: this.units.length,
        caller,
        unit,
        mode: unit.type === 'single' ? 'write' : unit.mode,
        earlier: [],
        work: undefined,
        invokedAt: this.#moment++,
        settledAt: Infinity,
        settled: undefined,
      };
      this.units.push(trace);
      const settled = await this.#runUnit(unit, trace);
      trace.settledAt = this.#moment++;
      trace.settled = settled;
    }
  }

  #runUnit(unit: Exclude<Unit, { type: 'pause' }>, trace: UnitTrace): Promise<Settled> {
    const own = this.#connections[trace.caller % this.#connections.length] as DatabaseConnection;
    const other = this.#connections[(trace.caller + 1) % this.#connections.length] as DatabaseConnection;
    switch (unit.type) {
      case 'single':
        return this.#runStatement(own, unit.statement, unit.abortAfter, trace, (work) => (trace.work = work));
      case 'whole-batch': {
        const run = (statements: { sql: string }[]) => own.batch(statements, unit.mode);
        return this.#runBatch(run, unit.statements, true, trace, (work) => (trace.work = work));
      }
      case 'transaction':
        return settle(
          own.withTransaction(
            (handle) => {
              const scope = newScope();
              if (trace.work?.type === 'scope') trace.earlier.push(trace.work);
              trace.work = scope;
              return this.#runBody(unit.body, scope, { unit: trace, handle, connection: other });
            },
            { mode: unit.mode },
          ),
          () => '',
        );
      case 'manual':
        return settle(this.#runManual(own, unit, trace), () => '');
    }
  }

  async #runManual(
    connection: DatabaseConnection,
    unit: Extract<Unit, { type: 'manual' }>,
    trace: UnitTrace,
  ): Promise<void> {
    const handle = await connection.transaction(unit.mode);
    const scope = newScope();
    trace.work = scope;
    try {
      await this.#runBody(unit.body, scope, { unit: trace, handle, connection: undefined });
      if (unit.end === 'commit') await handle.commit();
      if (unit.end === 'rollback') await handle.rollback();
    } finally {
      handle.close();
    }
  }

  async #runBody(steps: readonly Step[], scope: ScopeTrace, inside: Inside): Promise<void> {
    for (const step of steps) await this.#runStep(step, (trace) => scope.steps.push(trace), inside);
    scope.bodyDone = true;
  }

  async #runStep(step: Step, add: (trace: StepTrace) => void, inside: Inside): Promise<void> {
    switch (step.type) {
      case 'pause':
        return pause(step.ticks);
      case 'throw':
        throw new ThrownOnPurpose('thrown on purpose');
      case 'statement': {
        const executor = step.via === 'connection' ? (inside.connection ?? inside.handle) : inside.handle;
        return goOn(
          step.caught,
          await this.#runStatement(executor, step.statement, step.abortAfter, inside.unit, add),
        );
      }
      case 'batch': {
        const { connection, handle } = inside;
        const whole = step.via === 'connection' && connection !== undefined;
        const run = (statements: { sql: string }[]) =>
          whole ? connection.batch(statements, 'write') : handle.batch(statements);
        return goOn(step.caught, await this.#runBatch(run, step.statements, whole, inside.unit, add));
      }
      case 'scope':
        return this.#runNested(step, add, inside);
      case 'parallel':
        return this.#runParallel(step, add, inside);
    }
  }

  async #runNested(
    step: Extract<Step, { type: 'scope' }>,
    add: (trace: StepTrace) => void,
    inside: Inside,
  ): Promise<void> {
    const { connection, unit } = inside;
    if (connection === undefined) return;
    const scope = newScope();
    add(scope);
    const call = connection.withTransaction((handle) =>
      this.#runBody(step.body, scope, { unit, handle, connection }),
    );
    scope.settled = await settle(this.#watch(call), () => '');
    goOn(step.caught, scope.settled);
  }

  async #runParallel(
    step: Extract<Step, { type: 'parallel' }>,
    add: (trace: StepTrace) => void,
    inside: Inside,
  ): Promise<void> {
    const group: GroupTrace = { type: 'group', members: [], interrupted: false };
    add(group);
    let running = step.members.length;
    const members = step.members.map((member) =>
      this.#watch(
        this.#runStep(member, (trace) => group.members.push(trace), inside).finally(() => running--),
      ),
    );
    try {
      if (step.wait === 'all') await Promise.all(members);
      else {
        const failed = (await Promise.allSettled(members)).find(({ status }) => status === 'rejected');
        if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
      }
    } catch (error) {
      group.interrupted = running > 0;
      throw error;
    }
  }

  async #runStatement(
    executor: Pick<Transaction, 'execute'>,
    statement: ModelStatement,
    abortAfter: number | undefined,
    unit: UnitTrace,
    add: (trace: StatementTrace) => void,
  ): Promise<Settled> {
    const op = this.#nameOp(unit);
    const mayAbort = abortAfter !== undefined;
    const trace: StatementTrace = { type: 'statement', statement, op, mayAbort, settled: undefined };
    add(trace);
    const input = { ...toSql(statement, op), ...(mayAbort && { signal: signalAfter(abortAfter) }) };
    trace.settled = await settle(this.#watch(executor.execute(input)), (result) =>
      toValue(result, statement),
    );
    return trace.settled;
  }

  async #runBatch(
    run: (statements: { sql: string }[]) => Promise<ResultSet[]>,
    statements: readonly ModelStatement[],
    whole: boolean,
    unit: UnitTrace,
    add: (trace: BatchTrace) => void,
  ): Promise<Settled> {
    const ops = statements.map(() => this.#nameOp(unit));
    const trace: BatchTrace = { type: 'batch', statements, ops, whole, settled: undefined };
    add(trace);
    const inputs = statements.map((statement, index) => toSql(statement, ops[index] as string));
    trace.settled = await settle(this.#watch(run(inputs)), (results) =>
      results.map((result, index) => toValue(result, statements[index] as ModelStatement)).join(';'),
    );
    return trace.settled;
  }

  #nameOp(unit: UnitTrace): string {
    return `${this.#name}.${unit.index}.${++this.#ops}`;
  }

  #watch<T>(call: Promise<T>): Promise<T> {
    this.#inFlight.add(call);
    call.then(
      () => this.#inFlight.delete(call),
      () => this.#inFlight.delete(call),
    );
    return call;
  }
}

const newScope = (): ScopeTrace => ({ type: 'scope', steps: [], bodyDone: false, settled: undefined });
