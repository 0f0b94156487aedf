import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { withSmallDevice } from '../../support/small-device.js';

const loader = pathToFileURL(join(import.meta.dirname, 'register-typescript.js')).href;
const library = pathToFileURL(join(import.meta.dirname, '../../../lib/index.ts')).href;

export interface Child {
  readonly process: ChildProcess;
  /** The lines that it has printed so far, each one JSON. */
  readonly lines: unknown[];
  /** Waits until it has printed so many lines. */
  printed(count: number): Promise<void>;
  /** Resolves with its lines when it has ended by itself, rejects with what it said when it failed. */
  readonly ended: Promise<unknown[]>;
}

/** What another process has less of. */
export interface ChildLimits {
  /** The largest file that it may write, in blocks of 512 bytes. */
  readonly fileBlocks?: number | undefined;
  /** A folder that is a device of one megabyte to it, gone at its end. */
  readonly device?: string | undefined;
}

/**
 * Another process with this library: `code` is the body of a module that finds `createConnection` and `print`.
 * It ends by itself, or the fact that started it kills it.
 */
export function startChild(
  code: string,
  env: NodeJS.ProcessEnv = {},
  { fileBlocks, device }: ChildLimits = {},
): Child {
  const source = `
    const { createConnection } = await import(${JSON.stringify(library)});
    const print = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
    ${code}`;
  const limit = `ulimit -f ${fileBlocks ?? 'unlimited'}; exec "$0" "$@"`;
  const command = [process.execPath, '--import', loader, '--input-type=module', '-e', source];
  const place = device === undefined ? [] : withSmallDevice(device);
  const [program, ...args] = [...place, 'sh', '-c', limit, ...command] as [string, ...string[]];
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines: unknown[] = [];
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => lines.push(JSON.parse(line)));
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const ended = closed.then(([exitCode, signal]) => {
    if (exitCode === 0) return lines;
    throw new Error(`The child ended with ${exitCode ?? signal}: ${errors}`);
  });
  ended.catch(() => undefined);
  const printed = async (count: number): Promise<void> => {
    while (lines.length < count) await Promise.race([once(reader, 'line'), ended.then(() => undefined)]);
  };
  return { process: child, lines, printed, ended };
}
