import { parseArgs } from 'node:util';
import { ConfigurationError } from '../errors/configuration-error.js';
import { checkAdminUrl } from '../transfer/place/placement.js';
import type { CommandKind, OptionValues, Place } from './command.js';
import { commands } from './commands/commands.js';
import { readPlace } from './read-place.js';

/** A command line, understood. */
export interface Command {
  readonly kind: CommandKind;
  readonly places: readonly Place[];
  readonly values: OptionValues;
  readonly reportFile: string | undefined;
  readonly json: boolean;
  /** What goes on behind an interruption, to be pasted into a shell: the same command, with `--resume` where it takes that. */
  readonly resumeCommand: string;
}

const optionTypes = {
  resume: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  verify: { type: 'boolean', default: false },
  'keep-open': { type: 'boolean', default: false },
  'into-non-empty': { type: 'boolean', default: false },
  mode: { type: 'string' },
  via: { type: 'string' },
  'data-folder': { type: 'string' },
  'admin-url': { type: 'string' },
  namespace: { type: 'string' },
  'on-bad-row': { type: 'string' },
  'invalid-utf8': { type: 'string' },
  rejects: { type: 'string' },
  'work-folder': { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** What every command takes. */
const common: readonly string[] = ['report', 'json', 'help'];

/**
 * Understands a command line.
 * @returns undefined when help was asked for
 * @throws ConfigurationError, DatabaseError `TRANSFER_OPTION_INVALID`, neither of which quotes an address
 */
export function parseCommand(argv: readonly string[]): Command | undefined {
  const { values, positionals, tokens } = parse(argv);
  if (values.help) return undefined;
  const [name = '', ...words] = positionals;
  const kind = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined;
  if (kind === undefined)
    throw new ConfigurationError(`give a command: ${Object.keys(commands).join(', ')} (see --help)`);
  const places = words.map(readPlace);
  if (!fit(kind, places)) throw new ConfigurationError(`write it so: nestjs-turso ${name} ${kind.example}`);
  const taken = [...common, ...kind.options];
  const foreign = tokens.find((token) => token.kind === 'option' && !taken.includes(token.name));
  if (foreign?.kind === 'option') throw new ConfigurationError(`${name} takes no --${foreign.name}`);
  // what is printed to go on must hold no password
  if (values['admin-url'] !== undefined) checkAdminUrl(values['admin-url']);
  return {
    kind,
    places,
    values,
    reportFile: values.report,
    json: values.json,
    resumeCommand: ['nestjs-turso', ...listResumeWords(argv, tokens, kind, places)]
      .map(quoteForShell)
      .join(' '),
  };
}

function fit({ places: expected }: CommandKind, places: readonly Place[]): boolean {
  const least = expected.filter((place) => !place.endsWith('?')).length;
  if (places.length < least || places.length > expected.length) return false;
  return places.every((place, index) => {
    const found = place.server === undefined ? 'file' : 'server';
    return expected[index] === found || expected[index]?.startsWith('any');
  });
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: optionTypes, allowPositionals: true, tokens: true });
  } catch (error) {
    // Node quotes the argument that it does not know, and that may be anything
    const { code } = error as { code?: string };
    const what =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? 'an option is unknown' : 'an option lacks its value';
    throw new ConfigurationError(`${what} (see --help)`);
  }
}

/** Behind `--` every word is a name, whatever it looks like. */
function listResumeWords(
  argv: readonly string[],
  tokens: ReturnType<typeof parse>['tokens'],
  kind: CommandKind,
  places: readonly Place[],
): readonly string[] {
  // a restore to a server goes on as the copy that it is
  const isCopy = kind === commands.restore && places[1]?.server !== undefined;
  if (!isCopy && !kind.options.includes('resume')) return argv;
  const words = argv.map((word) => [word]);
  const options = tokens.filter((token) => token.kind === 'option');
  const indexOf = (kind: string): number => tokens.find((token) => token.kind === kind)?.index ?? argv.length;
  if (isCopy) {
    words[indexOf('positional')] = ['copy'];
    for (const { name, index } of options) if (name === 'force') words[index] = [];
  }
  const resumes = options.some(({ name }) => name === 'resume');
  if (!resumes) words.splice(indexOf('option-terminator'), 0, ['--resume']);
  return words.flat();
}

function quoteForShell(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
