import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '../errors/configuration-error.js';
import { DatabaseError } from '../errors/database-error.js';
import type { TransferPlan } from '../transfer/index.js';
import { replaceFile } from '../transfer/replace-file.js';
import { addTokens } from './add-tokens.js';
import type { Result } from './command.js';
import { describePlan } from './describe-results.js';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.js';
import { paint } from './paint.js';
import { parseCommand, type Command } from './parse-command.js';
import { ProgressPrinter } from './progress-printer.js';
import { toPrintable } from './to-printable.js';
import { usage } from './usage.js';

/** Runs a command line. Results go to standard output, everything else to standard error. */
export async function runCommand(argv: readonly string[]): Promise<ExitCode> {
  let command: Command | undefined;
  try {
    command = parseCommand(argv);
  } catch (error) {
    return fail(error, undefined);
  }
  if (command === undefined) {
    process.stdout.write(usage);
    return exitCodes.verified;
  }
  const progress = new ProgressPrinter(process.stderr);
  const stopping = new AbortController();
  const { resumeCommand } = command;
  const stop = (): void => {
    if (!stopping.signal.aborted) return stopping.abort();
    // the second time somebody means it: what is committed is safe
    progress.clear();
    process.stderr.write(`To go on: ${resumeCommand}\n`);
    process.exit(exitCodes.interrupted);
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    if (command.reportFile !== undefined) await assertWritable(dirname(resolve(command.reportFile)));
    const { values } = command;
    const terminal = { input: process.stdin, output: process.stderr };
    const places = await addTokens(command.places, terminal, stopping.signal);
    const onPlan = (plan: TransferPlan): void => {
      if (process.stderr.isTTY) progress.write(`${paint(describePlan(plan), process.stderr)}\n\n`);
    };
    const input = { places, values, signal: stopping.signal, onProgress: progress.print, onPlan };
    const result = await command.kind.run(input);
    progress.clear();
    return await show(command, result);
  } catch (error) {
    progress.clear();
    return fail(error, command);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** A result that is known is shown, whatever becomes of the report. */
async function show({ json, reportFile }: Command, { exitCode, value, text }: Result): Promise<ExitCode> {
  const document = `${JSON.stringify({ exitCode, ...value }, undefined, 2)}\n`;
  process.stdout.write(json ? document : `${paint(text, process.stdout)}\n`);
  if (reportFile === undefined) return exitCode;
  try {
    await replaceFile(reportFile, document);
    return exitCode;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    process.stderr.write(`nestjs-turso: the report could not be written (${String(code)})\n`);
    return exitCodes.failed;
  }
}

async function assertWritable(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch(() => {
    throw new ConfigurationError('the folder of the report is missing or cannot be written to');
  });
}

/** Our errors hold neither rows nor SQL; of a foreign one only its name and code are told. */
function fail(error: unknown, command: Command | undefined): ExitCode {
  const { name, code } = error as { name?: unknown; code?: unknown };
  const message =
    error instanceof DatabaseError ? error.message : `unexpected ${String(name)} ${String(code)}`;
  process.stderr.write(`nestjs-turso: ${toPrintable(message)}\n`);
  const exitCode = exitCodeOf(error);
  if (exitCode === exitCodes.interrupted && command !== undefined)
    process.stderr.write(`To go on: ${command.resumeCommand}\n`);
  return exitCode;
}
