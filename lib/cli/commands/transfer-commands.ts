import { ConfigurationError } from '../../errors/configuration-error.js';
import {
  copyDatabase,
  planTransfer,
  pullDatabase,
  verifyTransfer,
  type CopyOptions,
  type FilePlacement,
} from '../../transfer/index.js';
import type { CommandInput, CommandKind, OptionValues, Result } from '../command.js';
import { describePlan, describePull, describeReport, describeVerification } from '../describe-results.js';
import { exitCodes } from '../exit-codes.js';

const example = 'app.db libsql://…';
const places = ['file', 'server'] as const;
const policies = ['on-bad-row', 'invalid-utf8', 'into-non-empty', 'rejects', 'work-folder'] as const;

const placement = ['via', 'data-folder', 'admin-url', 'namespace'] as const;

/** @throws ConfigurationError */
function toPlacement(values: OptionValues): FilePlacement | undefined {
  const { via = 'rows', 'data-folder': dataFolder, 'admin-url': adminUrl, namespace } = values;
  if (via === 'rows' && (dataFolder ?? adminUrl ?? namespace) === undefined) return undefined;
  if (via === 'file' && dataFolder !== undefined && adminUrl !== undefined)
    return { dataFolder, adminUrl, ...(namespace !== undefined && { namespace }) };
  throw new ConfigurationError(
    'write it so: --via file --data-folder <folder> --admin-url <url>, and --namespace <name> where the address does not tell it',
  );
}

/** What a command from a file to a server asks the library for. */
export function toCopyOptions({ places: [from, to], values, signal, onProgress }: CommandInput): CopyOptions {
  return {
    source: (from as { path: string }).path,
    target: (to as Required<Pick<NonNullable<typeof to>, 'server'>>).server,
    resume: values.resume,
    keepOpen: values['keep-open'],
    intoNonEmpty: values['into-non-empty'],
    onBadRow: values['on-bad-row'] as CopyOptions['onBadRow'],
    invalidUtf8: values['invalid-utf8'] as CopyOptions['invalidUtf8'],
    viaFile: toPlacement(values),
    rejectsFile: values.rejects,
    workFolder: values['work-folder'],
    signal,
    onProgress,
  };
}

export const plan: CommandKind = {
  example,
  places,
  options: [...policies, ...placement],
  async run(input): Promise<Result> {
    const found = await planTransfer(toCopyOptions(input));
    const exitCode = found.problems.length === 0 ? exitCodes.verified : exitCodes.usage;
    return { exitCode, value: found, text: describePlan(found) };
  },
};

export const copy: CommandKind = {
  example,
  places,
  options: [...policies, ...placement, 'resume', 'keep-open'],
  async run(input): Promise<Result> {
    const report = await copyDatabase(toCopyOptions(input));
    const copied = report.rejects.length === 0 ? exitCodes.verified : exitCodes.rejects;
    const exitCode = report.verification.equal ? copied : exitCodes.mismatch;
    return { exitCode, value: report, text: describeReport(report) };
  },
};

export const verify: CommandKind = {
  example,
  places,
  options: policies,
  async run(input): Promise<Result> {
    const found = await verifyTransfer(toCopyOptions(input));
    const exitCode = found.equal ? exitCodes.verified : exitCodes.mismatch;
    return { exitCode, value: found, text: describeVerification(found) };
  },
};

export const pull: CommandKind = {
  example: 'libsql://… app.db',
  places: ['server', 'file'],
  options: ['resume'],
  async run({ places: [from, to], values: { resume }, signal, onProgress }): Promise<Result> {
    const source = from?.server as CopyOptions['target'];
    const { path: file } = to as { path: string };
    const report = await pullDatabase({ source, file, resume, signal, onProgress });
    const exitCode = report.equal ? exitCodes.verified : exitCodes.mismatch;
    return { exitCode, value: report, text: describePull(report) };
  },
};
