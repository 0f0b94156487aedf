// Joins the modules of dist/ into a few files: Node takes half a millisecond for each one that an app loads at its start.
// The types stay as they are, and so do the scripts of threads and child processes.
import { build } from 'esbuild';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const { exports, bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const entries = Object.values(exports).flatMap((entry) => entry.default ?? []);

const options = {
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
};
const core = await findCore();
const { outputFiles } = await build({
  ...options,
  // the package says that no module has side effects, and so the imports of `joinCore` would be left out
  ignoreAnnotations: true,
  plugins: [{ name: 'modules', setup: (bundle) => bundle.onLoad({ filter: /\.js$/ }, loadModule) }],
});

for (const file of await readdir(dist, { recursive: true }))
  if (/(?<!\.worker|\.child)\.js$/.test(file)) await rm(join(dist, file));
for (const { path, text } of outputFiles) {
  assertPlace(path, text);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, keepClassNames(text));
}

/** What every app loads, whatever its database is, but for the modules that load Nest or what it needs. */
async function findCore() {
  const { metafile } = await build({ ...options, metafile: true });
  const reach = (path, found = new Set()) => {
    if (found.has(path)) return found;
    found.add(path);
    for (const { path: next, kind } of metafile.inputs[path]?.imports ?? [])
      if (kind === 'import-statement') reach(next, found);
    return found;
  };
  const [sqlite, turso] = ['sqlite/sqlite', 'turso/turso'].map((name) =>
    reach(`dist/drivers/${name}-driver.js`),
  );
  return [...reach('dist/index.js'), ...[...sqlite].filter((path) => turso.has(path))]
    .filter(
      (path) => path.startsWith('dist/') && ![...reach(path)].some((other) => /^(@nestjs|rxjs)/.test(other)),
    )
    .map((path) => join(root, path));
}

async function loadModule({ path }) {
  const contents = await readFile(path, 'utf8');
  return { contents: joinCore(path, keepPlace(path, contents)), loader: 'js' };
}

/** A module finds the script beside it from wherever it is joined to. */
function keepPlace(path, contents) {
  const place = `new URL(${JSON.stringify(relative(join(dist, 'chunks'), path))}, import.meta.url).href`;
  return contents.replaceAll('import.meta.url', place);
}

/** Without it esbuild cuts the core into a file for each set of entries that need the same of it. */
function joinCore(path, contents) {
  if (core.includes(path)) return contents;
  return [contents, ...core.map((module) => `import ${JSON.stringify(module)};`)].join('\n');
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
