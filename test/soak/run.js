// @ts-check
// The soaks, each with its own length or for `--seconds`.
// node test/soak/run.js [two-processes | replica | faults] [--seconds 60] [further options of the one that is named]     (after npm run build)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The last measures its event loop, so it runs by itself. */
const groups = [['two-processes', 'replica'], ['faults']];
const [first = '', ...rest] = process.argv.slice(2);
const named = groups.flat().includes(first);

/** @param {string} name */
async function run(name) {
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const options = named ? rest : process.argv.slice(2);
  const [status] = await once(spawn(process.execPath, [script, ...options], { stdio: 'inherit' }), 'exit');
  return status === 0;
}

for (const names of named ? [[first]] : groups) {
  const passed = await Promise.all(names.map(run));
  if (passed.includes(false)) process.exit(1);
}
