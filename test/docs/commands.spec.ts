import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findSqldBinary } from '../support/sqld-binary.js';
import { createTempFolder } from '../support/temp-folder.js';
import { blocksOf, pageOf, pages, root } from './pages.js';

const run = promisify(execFile);

const programs = [
  'brew',
  'curl',
  'bash',
  'docker',
  'export',
  'node',
  'npm',
  'npx',
  'openssl',
  'sqld',
  'turso',
];

/** Of the reference of Turso's CLI. */
const tursoCommands = [
  'auth signup',
  'auth login',
  'db create',
  'db destroy',
  'db locations',
  'db shell',
  'db show',
  'db tokens create',
  'db tokens invalidate',
  'dev',
  'group create',
  'group tokens create',
];

/** The simple commands of all shell blocks, without assignments in front of them; those in `$(…)` too. */
const commands = blocksOf('sh')
  .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .flatMap((line) => [line.replace(/\$\([^)]*\)/g, 'x'), ...[...line.matchAll(/\$\(([^)]*)\)/g)].map(inner)])
  .flatMap((line) => line.split(/ && | \| /))
  .map((command) => command.trim().replace(/^(?:[A-Z_]+=\S+\s+)+/, ''));

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('the commands of the pages', () => {
  it('are of programs that the pages tell how to get', () => {
    const unknown = commands.filter((command) => !programs.includes(command.split(' ')[0] ?? ''));

    expect(unknown).toEqual([]);
    expect(commands.length).toBeGreaterThan(15);
  });

  it('run scripts that package.json has', () => {
    const text = pages.map((page) => page.text).join('\n');
    const named = [...text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(
      ([, script, short]) => script ?? short ?? '',
    );

    expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(['start', 'test', 'floors']));
  });

  it('stand in the README as a newcomer types them', () => {
    const codes = pageOf('README.md').blocks.map(({ code }) => code);

    expect(codes).toEqual(expect.arrayContaining(['npm ci && npm start', 'npm ci && npm test']));
  });

  it('are commands of the Turso CLI', () => {
    const inline = pages.flatMap(({ text }) => [...text.matchAll(/`(turso [^`]+)`/g)].map(inner));
    const called = [...commands, ...inline].filter((command) => command.startsWith('turso '));
    const unknown = called.filter(
      (command) =>
        command !== 'turso --help' && !tursoCommands.some((known) => command.startsWith(`turso ${known}`)),
    );

    expect(unknown).toEqual([]);
  });

  it('give sqld flags that it has', async () => {
    const { stdout } = await run(await findSqldBinary(), ['--help']);
    const flags = commands
      .filter((command) => command.startsWith('sqld '))
      .flatMap((command) => [...command.matchAll(/--[\w-]+/g)].map(([flag]) => flag));

    expect(flags.filter((flag) => !stdout.includes(`${flag} `))).toEqual([]);
    expect(flags).toContain('--auth-jwt-key-file');
  });
});

describe('the script that signs tokens', () => {
  it('signs one that the public key verifies', async () => {
    const [block] = blocksOf('js');
    const folder = await createTempFolder('docs');
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(join(folder, 'jwt.key'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    await writeFile(join(folder, 'sign-token.mjs'), block?.code ?? '');

    const { stdout } = await run(process.execPath, ['sign-token.mjs'], { cwd: folder });

    const [header = '', claims = '', signature = ''] = stdout.trim().split('.');
    const isSigned = verify(
      null,
      Buffer.from(`${header}.${claims}`),
      createPublicKey(privateKey),
      Buffer.from(signature, 'base64url'),
    );
    expect(isSigned).toBe(true);
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ a: 'rw' });
  });
});

function inner(match: RegExpMatchArray): string {
  return match[1] ?? '';
}
