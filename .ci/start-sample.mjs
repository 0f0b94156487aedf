// Runs sample/01-tasks against the built package, in this process: signals reach it and its exit code is ours.
import { transformFile } from '@swc/core';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const source = join(root, 'sample', process.argv[2] ?? '01-tasks');
const target = join(root, 'dist-sample', process.argv[2] ?? '01-tasks');

await rm(target, { recursive: true, force: true });
await cp(source, target, { recursive: true, filter: (path) => !path.endsWith('.ts') });
for (const file of await readdir(source, { recursive: true })) {
  if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
  const { code } = await transformFile(join(source, file));
  const output = join(target, file.replace(/\.ts$/, '.js'));
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, code);
}

const main = [join(target, 'src/main.js'), join(target, 'main.js')].find((file) => existsSync(file));
if (!main) throw new Error(`${source} has neither src/main.ts nor main.ts`);
await import(pathToFileURL(main).href);
