import { parseArgs } from 'node:util';
import { ConfigurationError } from '../errors/configuration-error.js';
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
 * @throws ConfigurationError that never quotes an address
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
  return {
    kind,
    places,
    values,
    reportFile: values.report,
    json: values.json,
    resumeCommand: ['nestjs-turso', ...listResumeWords(argv, kind, places)].map(quoteForShell).join(' '),
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

function listResumeWords(
  argv: readonly string[],
  kind: CommandKind,
  places: readonly Place[],
): readonly string[] {
  if (kind === commands.restore && places[1]?.server !== undefined) return withResume(toCopy(argv));
  return kind.options.includes('resume') ? withResume(argv) : argv;
}

/** A restore to a server that stopped goes on as the copy that it is. */
function toCopy(argv: readonly string[]): string[] {
  const command = argv.indexOf('restore');
  return argv.map((word, index) => (index === command ? 'copy' : word)).filter((word) => word !== '--force');
}

function withResume(argv: readonly string[]): readonly string[] {
  return argv.includes('--resume') ? argv : [...argv, '--resume'];
}

function quoteForShell(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
