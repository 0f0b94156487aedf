import fc from 'fast-check';
import { checkRun, overlaps } from './check-run.js';
import { createSchedules, type ScheduleOptions } from './create-schedules.js';
import type { ModelRoom } from './model-room.js';
import { printSchedule } from './print-schedule.js';
import { ScheduleRun } from './run-schedule.js';
import type { Schedule } from './schedule.js';

export interface CheckOptions extends ScheduleOptions {
  readonly name: string;
  readonly runs: number;
  readonly open: () => Promise<ModelRoom>;
  /** How many databases share the schedules, side by side: a schedule waits more than it works. */
  readonly lanes?: number;
  /** Looks for a smaller schedule that fails too. */
  readonly shrink?: boolean;
}

export interface Verdict {
  readonly schedules: number;
  /** How many of them had two write transactions on their way at the same time. */
  readonly overlapping: number;
  /** A short reproduction of the first failure. */
  readonly failure: string | undefined;
}

/** Longest search for a smaller schedule. */
const longestCheckMs = 240_000;
const fixedSeed = 20_240_607;

/** How many schedules a spec runs. `MODEL_RUNS` is the sum over all set-ups: 600 by default, 2,000 in `.ci/run`. */
export function shareOfRuns(share: number): number {
  return Math.max(1, Math.round((Number(process.env['MODEL_RUNS'] ?? 600) / 2_000) * share));
}

/** `MODEL_SEED=random` takes another one every time, a number takes that one. */
function chooseSeed(): number {
  const asked = process.env['MODEL_SEED'];
  if (asked === 'random') return Math.floor(Math.random() * 2 ** 31);
  return asked === undefined ? fixedSeed : Number(asked);
}

/** Runs random schedules and holds each against the model. */
export async function checkSchedules(options: CheckOptions): Promise<Verdict> {
  const seed = chooseSeed();
  // what is shown again is one schedule
  const lanes = process.env['MODEL_PATH'] === undefined ? (options.lanes ?? 1) : 1;
  const runs = Math.ceil(options.runs / lanes);
  const verdicts = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => checkLane({ ...options, runs }, seed + lane)),
  );
  const sum = (key: 'schedules' | 'overlapping'): number => verdicts.reduce((all, one) => all + one[key], 0);
  const failure = verdicts.find((verdict) => verdict.failure !== undefined)?.failure;
  return { schedules: sum('schedules'), overlapping: sum('overlapping'), failure };
}

async function checkLane(options: CheckOptions, seed: number): Promise<Verdict> {
  let room = await options.open();
  let overlapping = 0;
  let schedules = 0;
  const runOne = async (schedule: Schedule): Promise<void> => {
    const run = new ScheduleRun(room.connections, `${++schedules}`);
    try {
      await room.empty();
      await run.run(schedule);
      if (overlaps(run.units)) overlapping++;
      await room.assertUsable();
      checkRun(run.units, await room.read());
    } catch (error) {
      // what a failure left behind must not meet the next schedule
      await room.close().catch(() => undefined);
      room = await options.open();
      throw error;
    }
  };
  const details = await fc.check(fc.asyncProperty(createSchedules(options), runOne), {
    seed,
    numRuns: options.runs,
    endOnFailure: options.shrink === false,
    interruptAfterTimeLimit: longestCheckMs,
    markInterruptAsFailure: true,
    ...(process.env['MODEL_PATH'] !== undefined && { path: process.env['MODEL_PATH'] }),
  });
  await room.close();
  return { schedules, overlapping, failure: details.failed ? report(options, details) : undefined };
}

function report({ name }: CheckOptions, details: fc.RunDetails<[Schedule]>): string {
  const { seed, counterexamplePath, counterexample, numRuns, errorInstance } = details;
  return [
    `${name}: schedule ${numRuns} does not agree with a serial database (MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath})`,
    counterexample === null ? '(interrupted)' : printSchedule(counterexample[0]),
    errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
  ].join('\n');
}
