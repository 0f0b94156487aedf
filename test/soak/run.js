// @ts-check
// The soaks, one after the other, each with its own length or for `--seconds`.
// node test/soak/run.js [two-processes | faults | replica] [--seconds 60] [further options of the one that is named]     (after npm run build)
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const soaks = ['two-processes', 'faults', 'replica'];
const [first = '', ...rest] = process.argv.slice(2);
const named = soaks.includes(first);

for (const name of named ? [first] : soaks) {
  const script = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const options = named ? rest : process.argv.slice(2);
  const { status } = spawnSync(process.execPath, [script, ...options], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
