import { transformFile } from '@swc/core';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '../../..');

/** The library and an app, compiled as a user has them, in a folder from which the dependencies are found. */
export interface CompiledApp extends AsyncDisposable {
  start(env: Record<string, string>): ChildApp;
}

export interface ChildApp {
  /** Resolves with everything printed so far once it contains the text. */
  printed(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>;
}

export async function compileApp(): Promise<CompiledApp> {
  const cache = join(root, 'node_modules/.cache/nestjs-turso');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'child-'));
  const library = join(folder, 'node_modules/nestjs-turso');
  for (const file of await readdir(join(root, 'lib'), { recursive: true })) {
    if (/\.(ts|js)$/.test(file)) await compile(join(root, 'lib', file), join(library, file));
  }
  await writeManifest(library, { name: 'nestjs-turso', exports: './index.js' });
  await compile(fileURLToPath(new URL('./child-main.ts', import.meta.url)), join(folder, 'main.js'));
  await writeManifest(folder, {});
  return {
    start: (env) => startChild(join(folder, 'main.js'), env),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function startChild(main: string, env: Record<string, string>): ChildApp {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, NODE_ENV: 'development', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let onOutput = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      onOutput();
    });
  }
  const exited = new Promise<Awaited<ChildApp['exited']>>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, output })),
  );
  return {
    printed: (text) =>
      new Promise((resolve, reject) => {
        onOutput = () => output.includes(text) && resolve(output);
        onOutput();
        void exited.then(() => reject(new Error(`"${text}" was never printed:\n${output}`)));
      }),
    kill: (signal) => void child.kill(signal),
    exited,
  };
}

async function compile(source: string, target: string): Promise<void> {
  const { code } = await transformFile(source, { cwd: root, sourceMaps: false });
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target.replace(/\.ts$/, '.js'), code);
}

const writeManifest = (folder: string, manifest: object): Promise<void> =>
  writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', ...manifest }));
