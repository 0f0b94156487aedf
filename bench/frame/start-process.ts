import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const loader = new URL('../../test/connection/support/register-typescript.js', import.meta.url).href;

/** A part of the bench in another process; it ends with the standard input that it was given. */
export interface StartedProcess {
  /** The JSON of the next line that it prints. @throws Error with what it said when it ends before */
  nextLine<T>(): Promise<T>;
  /** Closes its standard input, and waits until it has ended. */
  stop(): Promise<void>;
}

/** @param script beside this folder, such as `rooms/latency-proxy.process.ts`; a plain `.js` runs without the loader of the others */
export function startProcess(script: string, args: readonly string[]): StartedProcess {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  return watch(
    spawn(
      process.execPath,
      [...flags, ...(path.endsWith('.ts') ? ['--import', loader] : []), path, ...args],
      { stdio: 'pipe' },
    ),
  );
}

/** Runs a script to its end. @returns the JSON that it printed last */
export async function runProcess<T>(script: string, args: readonly string[]): Promise<T> {
  const started = startProcess(script, args);
  try {
    return await started.nextLine<T>();
  } finally {
    await started.stop();
  }
}

const flags = ['--expose-gc', '--disable-warning=ExperimentalWarning'];

function watch(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
): StartedProcess {
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return {
    nextLine: async <T>() => {
      const { value, done } = await lines.next();
      if (done !== true) return JSON.parse(value) as T;
      throw new Error(`A process of the bench ended early: ${errors}`);
    },
    stop: async () => {
      child.stdin?.end();
      await ended;
      if (child.exitCode !== 0) throw new Error(`A process of the bench failed: ${errors}`);
    },
  };
}
