import { transformFile } from '@swc/core';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createTempFolder } from '../../support/temp-folder.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const sample = join(root, 'sample/01-tasks');

/** How the app is written, and the versions of what it uses. */
export interface AppKind {
  readonly module: 'es6' | 'commonjs';
  readonly dependencies: Record<string, string>;
}

/** The sample's sources in a folder of their own, with the packed package and its peers installed from npm. */
export interface InstalledApp {
  readonly folder: string;
  /** Where the app finds the package. */
  readonly packagePath: string;
  readonly nestVersion: string;
}

/** Packs what would be published. */
export async function packTarball(): Promise<string> {
  const folder = await createTempFolder('tarball');
  await runNpm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
  return join(folder, (await readdir(folder))[0] ?? 'missing');
}

export async function installApp(tarball: string, { module, dependencies }: AppKind): Promise<InstalledApp> {
  const folder = await realpath(await createTempFolder(`app-${module}`));
  const manifest = {
    private: true,
    type: module === 'es6' ? 'module' : 'commonjs',
    dependencies: { ...dependencies, 'nestjs-turso': `file:${tarball}` },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  await runNpm(['install', ...quiet], folder);
  // Its script would compile for a minute what lies in the checkout already.
  const build = 'node_modules/better-sqlite3/build';
  await cp(join(root, build), join(folder, build), { recursive: true });
  await compileSample(join(folder, 'dist'), module);
  return {
    folder,
    packagePath: await resolvePackage(folder, module),
    nestVersion: await versionOf(folder, '@nestjs/core'),
  };
}

/** The exact version of a package in the checkout. */
export const versionOf = async (folder: string, name: string): Promise<string> => {
  const manifest = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
};

/** The versions of the checkout. */
export async function installedVersions(names: readonly string[]): Promise<Record<string, string>> {
  const entries = names.map(async (name) => [name, await versionOf(root, name)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function compileSample(target: string, module: AppKind['module']): Promise<void> {
  for (const file of await readdir(sample, { recursive: true })) {
    const output = join(target, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(output), { recursive: true });
    if (file.endsWith('.sql')) await cp(join(sample, file), output);
    if (!file.endsWith('.ts')) continue;
    const { code } = await transformFile(join(sample, file), {
      cwd: root,
      sourceMaps: false,
      module: { type: module },
      // CommonJS has to keep an import that only a decorator's metadata mentions
      jsc: { transform: { verbatimModuleSyntax: module === 'es6' } },
    });
    await writeFile(output, code);
  }
}

async function resolvePackage(folder: string, module: AppKind['module']): Promise<string> {
  const isModule = module === 'es6';
  const script = isModule
    ? "console.log(new URL(import.meta.resolve('nestjs-turso')).pathname)"
    : "require('nestjs-turso'); console.log(require.resolve('nestjs-turso'))";
  const args = [`--input-type=${isModule ? 'module' : 'commonjs'}`, '--no-warnings', '-e', script];
  const { stdout } = await run(process.execPath, args, { cwd: folder });
  return realpath(stdout.trim());
}

async function runNpm(args: string[], cwd: string): Promise<void> {
  const npm = process.env['npm_execpath'];
  const options = { cwd, timeout: 300_000 };
  if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...args], options);
  else await run('npm', args, options);
}
