// Joins the modules of dist/ into a few files: Node takes half a millisecond for each one that an app loads at its start.
// The types stay as they are, and so do the scripts of threads and child processes.
import { build } from 'esbuild';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const { exports, bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const entries = Object.values(exports).flatMap((entry) => entry.default ?? []);

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: [...entries, ...Object.values(bin)],
  outdir: dist,
  outbase: dist,
  write: false,
  bundle: true,
  // what an entry shares with others, and what is loaded later, is a file of its own: a driver that is not used is not loaded
  splitting: true,
  chunkNames: 'chunks/[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
  plugins: [{ name: 'scripts', setup: (bundle) => bundle.onLoad({ filter: /\.js$/ }, keepPlace) }],
});

for (const file of await readdir(dist, { recursive: true }))
  if (/(?<!\.worker|\.child)\.js$/.test(file)) await rm(join(dist, file));
for (const { path, text } of outputFiles) {
  assertPlace(path, text);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, keepClassNames(text));
}

/** A module finds the script beside it from wherever it is joined to. */
async function keepPlace({ path }) {
  const contents = await readFile(path, 'utf8');
  const place = `new URL(${JSON.stringify(relative(join(dist, 'chunks'), path))}, import.meta.url).href`;
  return { contents: contents.replaceAll('import.meta.url', place), loader: 'js' };
}

function assertPlace(path, text) {
  if (dirname(path) !== join(dist, 'chunks') && text.includes('import.meta'))
    throw new Error(`${path} looks for a script, and is not where it would find it`);
}

/**
 * Names of classes are seen, by Nest's log for one; esbuild renames those that are assigned to a variable of the same name. Its own
 * `keepNames` would define the name of each function anew whenever one is made, also on the hot paths.
 */
function keepClassNames(text) {
  const renamed = text.matchAll(/^var (\w+) = (?:\w+ = )?class (_\1|\1\d+) /gm);
  return [...renamed].reduce(
    (kept, [, name, other]) => kept.replace(new RegExp(`\\b${other}\\b`, 'g'), name),
    text,
  );
}
