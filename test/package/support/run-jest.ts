import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pageOf } from '../../docs/pages.js';
import type { InstalledApp } from './installed-app.js';

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);

interface JestSettings {
  readonly transform: Record<string, [string, object]>;
  readonly transformIgnorePatterns: string[];
}

/** Runs a CommonJS test in the app's folder, with the settings of docs/testing.md. Returns what Jest prints; rejects when it fails. */
export async function runJest({ folder }: InstalledApp, test: string): Promise<string> {
  await writeFile(join(folder, 'app.spec.cjs'), test);
  const [, behind = ''] = pageOf('docs/testing.md').text.split('## Jest in a CommonJS app');
  const [, settings = ''] = /```json\n([^]*?)```/.exec(behind) ?? [];
  const { transform, transformIgnorePatterns } = JSON.parse(settings) as JestSettings;
  const [, swcOptions] = transform['^.+\\.js$'] ?? [];
  const config = {
    rootDir: folder,
    testMatch: ['**/*.spec.cjs'],
    moduleFileExtensions: ['js', 'cjs', 'json', 'node'],
    transform: { '^.+\\.js$': [resolve('@swc/jest'), swcOptions] },
    transformIgnorePatterns,
  };
  // without the flag of this repository, as in an app
  const env = { ...process.env, NODE_OPTIONS: '' };
  const args = [resolve('jest/bin/jest'), '--config', JSON.stringify(config)];
  const { stderr } = await run(process.execPath, args, { cwd: folder, env, timeout: 120_000 });
  return stderr;
}
