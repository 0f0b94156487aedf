import { cutoverDatabase, detachSource, syncDatabase, type SyncOptions } from '../../transfer/index.js';
import type { CommandKind, Result } from '../command.js';
import { describeCutover, describeSync } from '../describe-sync.js';
import { exitCodes } from '../exit-codes.js';
import { toCopyOptions } from './transfer-commands.js';

const example = 'app.db libsql://…';
const places = ['file', 'server'] as const;

export const sync: CommandKind = {
  example,
  places,
  options: ['invalid-utf8', 'work-folder', 'mode'],
  async run(input): Promise<Result> {
    const mode = input.values.mode as SyncOptions['mode'];
    const report = await syncDatabase({ ...toCopyOptions(input), mode });
    return { exitCode: exitCodes.verified, value: report, text: describeSync(report) };
  },
};

export const cutover: CommandKind = {
  example,
  places,
  options: ['invalid-utf8', 'work-folder'],
  async run(input): Promise<Result> {
    const report = await cutoverDatabase({
      ...toCopyOptions(input),
      onPause: (pauseMs) => process.stderr.write(`the target is complete; the pause took ${pauseMs} ms\n`),
    });
    const exitCode = report.verification.equal ? exitCodes.verified : exitCodes.mismatch;
    return { exitCode, value: report, text: describeCutover(report) };
  },
};

export const detach: CommandKind = {
  example: 'app.db',
  places: ['file'],
  options: ['work-folder'],
  async run({ places: [from], values, signal }): Promise<Result> {
    const { path: source } = from as { path: string };
    await detachSource({ source, workFolder: values['work-folder'], signal });
    const text = 'no changelog is left, and the file can be written to';
    return { exitCode: exitCodes.verified, value: { source }, text };
  },
};
