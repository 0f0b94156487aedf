import { describe, expect, it } from '@jest/globals';
import { parseCommand, type Command } from '../../lib/cli/parse-command.js';
import { toCopyOptions } from '../../lib/cli/commands/transfer-commands.js';
import type { CopyOptions } from '../../lib/transfer/index.js';
import { resolveTransferOptions } from '../../lib/transfer/resolve-transfer-options.js';

const url = 'http://127.0.0.1:1';

describe('a command line', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['move', 'a.db', url]],
    ['no address', ['copy', 'a.db']],
    ['a word too many', ['copy', 'a.db', url, 'more']],
    ['an unknown option', ['copy', 'a.db', url, '--quick']],
    ['an option without its value', ['copy', 'a.db', url, '--rejects']],
    ['a resume of a plan', ['plan', 'a.db', url, '--resume']],
    ['an option of another command', ['pull', url, 'a.db', '--force']],
    ['a command that every object has', ['toString', 'a.db', url]],
    ['a wrong policy', ['copy', 'a.db', url, '--on-bad-row', 'ignore']],
    ['a target that is a file', ['copy', 'a.db', 'sqlite:b.db']],
    ['a token in the address', ['copy', 'a.db', 'libsql://s3cret@host']],
    ['an address in the place of the file', ['copy', 'libsql://a/s3cret', url]],
    ['an address in the place of the file, in capitals', ['pull', url, 'HTTPS://s3cret@host']],
    ['a token in the place of the file', ['copy', 'file:a.db?authToken=s3cret', url]],
  ])('with %s is refused without a quotation', (_name, args) => {
    const understand = (): unknown => resolveTransferOptions(optionsOf(args));

    expect(understand).toThrow(expect.objectContaining({ kind: 'configuration' }));
    expect(understand).toThrow(expect.not.objectContaining({ message: expect.stringContaining('s3cret') }));
  });

  it('with a password in the admin address is refused before there is a command to print', () => {
    const argv = ['copy', 'a.db', url, '--via', 'file', '--data-folder', 'd', '--admin-url'];

    expect(() => parseCommand([...argv, 'http://u:s3cret@host'])).toThrow('without a password');
    expect(parseCommand([...argv, 'http://host'])).toBeDefined();
  });

  it('may name the file by a URL', () => {
    expect(optionsOf(['copy', 'sqlite:data/app.db', url]).source).toBe('data/app.db');
    expect(optionsOf(['copy', 'file:///data/app.db', url]).source).toBe('/data/app.db');
  });

  it('becomes a command that goes on, quoted for a shell', () => {
    const command = parseCommand(['copy', "it's.db", url, '--rejects', 'a b']);

    expect(command?.resumeCommand).toBe(`nestjs-turso copy 'it'\\''s.db' ${url} --rejects 'a b' --resume`);
  });

  it.each([
    ['copy a.db URL --resume', 'copy a.db URL --resume'],
    ['copy -- a.db URL', 'copy --resume -- a.db URL'],
    ['copy -- --resume URL', 'copy --resume -- --resume URL'],
    ['--json pull -- URL a.db', '--json pull --resume -- URL a.db'],
  ])('goes on with one --resume, before what are names: %s', (typed, printed) => {
    expectToGoOn(typed, printed);
  });

  it.each([
    ['restore restore URL --force', 'copy restore URL --resume'],
    ['--report restore restore b.db URL', '--report restore copy b.db URL --resume'],
    ['restore --force -- --force URL', 'copy --resume -- --force URL'],
  ])('becomes the copy that it is, when it is a restore to a server: %s', (typed, printed) => {
    expectToGoOn(typed, printed);
  });

  it.each([
    ['restore', 'b.db', 'a.db', '--force'],
    ['verify', 'a.db', url],
    ['sync', 'a.db', url],
    ['backup', url, 'b.db'],
    ['doctor', 'a.db'],
  ])('goes on as it is where it takes no --resume: %s', (...argv) => {
    expect(parseCommand(argv)?.resumeCommand).toBe(['nestjs-turso', ...argv].join(' '));
  });

  it('asks for help', () => {
    expect(parseCommand(['--help'])).toBeUndefined();
  });
});

function expectToGoOn(typed: string, printed: string): void {
  const [argv = [], expected = []] = [typed, printed].map((line) => line.replace('URL', url).split(' '));

  expect(parseCommand(argv)?.resumeCommand).toBe(['nestjs-turso', ...expected].join(' '));
  expect(parseCommand(expected)?.values.resume).toBe(true);
}

function optionsOf(args: readonly string[]): CopyOptions {
  const { places, values } = parseCommand(args) as Command;
  const { signal } = new AbortController();
  return toCopyOptions({ places, values, signal, onProgress: () => undefined, onPlan: () => undefined });
}
