import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Another process that writes into the same file. */
export interface Rival {
  /** Resolves when it has begun to write there. */
  turnTo(path: string): Promise<void>;
  stop(): Promise<void>;
}

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** It ends when its standard input does: with this process, however this one ends. */
export async function startRival(): Promise<Rival> {
  const loader = pathOf('../../connection/support/register-typescript.js');
  const child = spawn(process.execPath, ['--import', loader, pathOf('rival.process.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  const heard = () =>
    Promise.race([
      once(lines, 'line'),
      exited.then(() => {
        throw new Error('The rival has ended');
      }),
    ]);
  await heard();
  return {
    async turnTo(path) {
      const answer = heard();
      child.stdin.write(`${path}\n`);
      await answer;
    },
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
