import { parseArgs } from 'node:util';
import { ConfigurationError } from '../errors/configuration-error.js';
import { variablesOf } from '../options/env-options.js';
import type { CopyOptions } from '../transfer/transfer-options.js';
import { readTarget } from './read-target.js';

const names = ['plan', 'copy', 'verify', 'pull'] as const;

/** A command line, understood. */
export interface Command {
  readonly name: (typeof names)[number];
  readonly options: CopyOptions;
  readonly reportFile: string | undefined;
  readonly json: boolean;
  /** The same command with `--resume`, to be pasted into a shell. */
  readonly resumeCommand: string;
}

const optionTypes = {
  resume: { type: 'boolean', default: false },
  'on-bad-row': { type: 'string' },
  'invalid-utf8': { type: 'string' },
  rejects: { type: 'string' },
  'work-folder': { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/**
 * Understands a command line.
 * @returns undefined when help was asked for
 * @throws ConfigurationError that never quotes an address
 */
export function parseCommand(argv: readonly string[]): Command | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [name, first, second, ...more] = positionals;
  if (!isName(name)) throw new ConfigurationError(`give a command: ${names.join(', ')} (see --help)`);
  const example = name === 'pull' ? 'libsql://… app.db' : 'app.db libsql://…';
  if (first === undefined || second === undefined || more.length > 0)
    throw new ConfigurationError(`${name} takes two places: nestjs-turso ${name} ${example}`);
  const [file, url] = name === 'pull' ? [second, first] : [first, second];
  if (values.resume && name !== 'copy') throw new ConfigurationError('only copy takes --resume');
  if (url.includes('@') || positionals.some((place) => /authToken=/i.test(place))) {
    const variable = variablesOf('authToken', undefined)[0];
    throw new ConfigurationError(
      `the address holds a token, which everybody on this machine can see: put it into ${variable}`,
    );
  }
  return {
    name,
    options: {
      source: file.replace(/^(sqlite|file):(\/\/(?=\/))?/, ''),
      target: readTarget(url),
      resume: values.resume,
      onBadRow: values['on-bad-row'] as CopyOptions['onBadRow'],
      invalidUtf8: values['invalid-utf8'] as CopyOptions['invalidUtf8'],
      rejectsFile: values.rejects,
      workFolder: values['work-folder'],
    },
    reportFile: values.report,
    json: values.json,
    resumeCommand: ['nestjs-turso', ...withResume(argv)].map(quoteForShell).join(' '),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: optionTypes, allowPositionals: true });
  } catch (error) {
    // Node quotes the argument that it does not know, and that may be anything
    const { code } = error as { code?: string };
    const what =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? 'an option is unknown' : 'an option lacks its value';
    throw new ConfigurationError(`${what} (see --help)`);
  }
}

function isName(name: string | undefined): name is Command['name'] {
  return (names as readonly (string | undefined)[]).includes(name);
}

function withResume(argv: readonly string[]): string[] {
  return argv.includes('--resume') ? [...argv] : [...argv, '--resume'];
}

function quoteForShell(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
