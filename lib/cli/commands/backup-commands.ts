import { backupDatabase, restoreDatabase } from '../../transfer/index.js';
import { toOption, type CommandKind, type Result } from '../command.js';
import { describeBackup, describeReport } from '../describe-results.js';
import { exitCodes } from '../exit-codes.js';

export const backup: CommandKind = {
  example: 'app.db backup.db',
  places: ['any', 'file'],
  options: ['force', 'verify'],
  async run({ places: [from, to], values, signal, onProgress }): Promise<Result> {
    const report = await backupDatabase({
      source: toOption(from),
      file: toOption(to) as string,
      overwrite: values.force,
      verify: values.verify,
      signal,
      onProgress,
    });
    return { exitCode: exitCodes.verified, value: report, text: describeBackup(report) };
  },
};

export const restore: CommandKind = {
  example: 'backup.db app.db',
  places: ['file', 'any'],
  options: ['force'],
  async run({ places: [from, to], values, signal, onProgress }): Promise<Result> {
    const report = await restoreDatabase({
      file: toOption(from) as string,
      target: toOption(to),
      overwrite: values.force,
      signal,
      onProgress,
    });
    if ('bytes' in report)
      return { exitCode: exitCodes.verified, value: report, text: describeBackup(report) };
    const exitCode = report.verification.equal ? exitCodes.verified : exitCodes.mismatch;
    return { exitCode, value: report, text: describeReport(report) };
  },
};
