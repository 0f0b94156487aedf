import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

export interface GuardedProcess {
  pid: number;
  /** Settles when the process has ended. */
  exited: Promise<void>;
  hasExited(): boolean;
  kill(signal: NodeJS.Signals): void;
  logs(): string;
}

/**
 * Starts a process that ends with this one, however this one ends: Jest swallows `exit` listeners, so a shell
 * waits for its standard input to close and then kills the process. Neither keeps the event loop alive.
 */
export function spawnGuarded(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): GuardedProcess {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const guard = spawn('sh', ['-c', 'read _; kill -9 "$0"', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });

  let output = '';
  const collect = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);

  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  }).then(() => void guard.kill('SIGKILL'));

  release(child);
  release(guard);
  return {
    pid: child.pid ?? -1,
    exited,
    hasExited: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
    kill: (signal) => void child.kill(signal),
    logs: () => output,
  };
}

function release(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) (stream as Socket | null)?.unref();
}
