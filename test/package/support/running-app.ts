import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { InstalledApp } from './installed-app.js';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The sample as a process of its own. */
export interface RunningApp extends AsyncDisposable {
  readonly url: string;
  get(path: string): Promise<Answer>;
  post(path: string, body?: object): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output(): string;
}

const startTimeoutMs = 30_000;

/** Starts the app and waits until it has said what to try. Only these variables are set beside those of the machine. */
export async function startApp(app: InstalledApp, env: Record<string, string>): Promise<RunningApp> {
  const child = spawn(process.execPath, [join(app.folder, 'dist/main.js')], {
    // the migrations lie beside the sources, wherever the app is started
    cwd: '/',
    env: { PATH: process.env.PATH, NODE_ENV: 'production', NO_COLOR: '1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  // the system chooses the port: one that was free a moment ago may be taken
  const port = await new Promise<string>((resolve, reject) => {
    const fail = (): void => reject(new Error(`The app did not start:\n${output}`));
    const timer = setTimeout(fail, startTimeoutMs);
    void exited.then(fail);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (!output.includes('curl -X DELETE')) return;
        clearTimeout(timer);
        const listening = /Listening on http:\/\/\S+:(\d+)/.exec(output)?.[1];
        if (listening === undefined) fail();
        else resolve(listening);
      });
    }
  });
  const url = `http://127.0.0.1:${port}`;

  const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: { connection: 'close', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    url,
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
    delete: (path) => ask('DELETE', path),
    kill: (signal) => void child.kill(signal),
    exited,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
