import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withSmallDevice } from '../../support/small-device.js';

const root = join(import.meta.dirname, '../../..');
const main = join(root, 'lib/cli/main.ts');
const loader = pathToFileURL(join(root, 'test/connection/support/register-typescript.js')).href;

export interface CliRun {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly stderr: () => string;
  readonly ended: Promise<CliResult>;
}

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command in a process of its own, unbuilt. It is killed after 25 s. */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd: string = root): CliRun {
  return start(process.execPath, ['--import', loader, main, ...args], env, cwd);
}

/** Runs the command where no file grows beyond so many bytes: what a full disk looks like to it. */
export function runCliOnFullDisk(args: readonly string[], maxFileBytes: number): Promise<CliResult> {
  const limited = `ulimit -f ${Math.floor(maxFileBytes / 512)}; exec "$@"`;
  const command = [process.execPath, '--import', loader, main, ...args];
  return start('sh', ['-c', limited, 'sh', ...command], {}, root).ended;
}

/** Runs the command where `folder` is a device of one megabyte, which is gone behind it. */
export function runCliOnSmallDevice(args: readonly string[], folder: string): Promise<CliResult> {
  const [program = '', ...mount] = withSmallDevice(folder);
  return start(program, [...mount, process.execPath, '--import', loader, main, ...args], {}, root).ended;
}

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): CliRun {
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 25_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([exitCode]) => ({
    exitCode: exitCode as number | null,
    stdout,
    stderr,
  }));
  return { kill: (signal) => void child.kill(signal), stderr: () => stderr, ended };
}

export function runCli(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd: string = root,
): Promise<CliResult> {
  return startCli(args, env, cwd).ended;
}
