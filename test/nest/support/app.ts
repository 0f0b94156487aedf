import { afterEach } from '@jest/globals';
import type { INestApplication, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { inspect } from 'node:util';
import type { AddressInfo } from 'node:net';

/** Everything that Nest and our code wrote to the log. */
export class LogCollector implements LoggerService {
  readonly lines: { level: string; context: string; text: string }[] = [];

  log = (...parts: unknown[]): void => this.#add('log', parts);
  warn = (...parts: unknown[]): void => this.#add('warn', parts);
  error = (...parts: unknown[]): void => this.#add('error', parts);
  debug = (...parts: unknown[]): void => this.#add('debug', parts);
  verbose = (...parts: unknown[]): void => this.#add('verbose', parts);

  /** The texts of one level, by default of our module. */
  of(level: string, context = 'DatabaseModule'): string[] {
    return this.lines
      .filter((line) => line.level === level && line.context === context)
      .map(({ text }) => text);
  }

  #add(level: string, parts: unknown[]): void {
    const context = parts.at(-1);
    const text = parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join('\n');
    const isNamed = parts.length > 1 && typeof context === 'string';
    this.lines.push({
      level,
      context: isNamed ? context : '',
      text: isNamed ? text.slice(0, -context.length - 1) : text,
    });
  }
}

export interface StartedApp {
  readonly app: INestApplication;
  readonly logs: LogCollector;
  readonly url: string;
  /** Asks the app over HTTP. */
  ask(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: unknown }>;
}

export interface StartOptions {
  readonly listen?: boolean;
  readonly logs?: LogCollector;
  /** Called before anything is made, for overrides. */
  readonly prepare?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  /** Called before the app is initialised. */
  readonly configure?: (app: INestApplication) => void;
}

const open = new Set<INestApplication>();

afterEach(async () => {
  for (const app of open) await app.close();
  open.clear();
});

/** Starts a real Nest app of these modules; it is closed after the test. */
export async function startApp(metadata: ModuleMetadata, options: StartOptions = {}): Promise<StartedApp> {
  const { listen = false, logs = new LogCollector(), prepare, configure } = options;
  const builder = Test.createTestingModule(metadata).setLogger(logs);
  const testing = await (prepare?.(builder) ?? builder).compile();
  const app = testing.createNestApplication<INestApplication>();
  open.add(app);
  configure?.(app);
  await app.init();
  if (listen) await app.listen(0, '127.0.0.1');
  const address = listen ? (app.getHttpServer() as { address(): AddressInfo }).address() : undefined;
  const url = `http://127.0.0.1:${address?.port}`;
  const ask: StartedApp['ask'] = async (path, init) => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  };
  return { app, logs, url, ask };
}

/** Why the app does not start. */
export async function failureOfStart(metadata: ModuleMetadata, options?: StartOptions): Promise<Error> {
  try {
    await startApp(metadata, options);
  } catch (error) {
    return error as Error;
  }
  throw new Error('the app started');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
