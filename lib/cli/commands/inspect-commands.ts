import { checkDatabase, readStatus, type Diagnosis } from '../../transfer/index.js';
import { toOption, type CommandKind, type Result } from '../command.js';
import { describeDiagnosis, describeStatus } from '../describe-inspection.js';
import { exitCodes } from '../exit-codes.js';

export const doctor: CommandKind = {
  example: 'app.db libsql://…, or one of them',
  places: ['any', 'any?'],
  options: [],
  async run({ places, signal }): Promise<Result> {
    const found: Diagnosis[] = [];
    for (const place of places) found.push(await checkDatabase(toOption(place), signal));
    const fails = found.some(({ findings }) => findings.some(({ level }) => level === 'fail'));
    const exitCode = fails ? exitCodes.usage : exitCodes.verified;
    return { exitCode, value: { databases: found }, text: found.map(describeDiagnosis).join('\n\n') };
  },
};

export const status: CommandKind = {
  example: 'libsql://…, or app.db',
  places: ['any'],
  options: [],
  async run({ places: [place], signal }): Promise<Result> {
    const found = await readStatus(toOption(place), signal);
    const exitCode = found.transfer === undefined ? exitCodes.verified : exitCodes.interrupted;
    return { exitCode, value: found, text: describeStatus(found) };
  },
};
