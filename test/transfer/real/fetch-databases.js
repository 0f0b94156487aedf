// @ts-check
// Fetches Debian and npm packages that contain SQLite files, and unpacks those files into a folder.
// node test/transfer/real/fetch-databases.js <folder> [package…]     (needs npm and tar; apt-get and dpkg-deb for Debian's)
// The sources of Debian come with a list of their own, whatever the machine has: sqlcipher's hold texts that are no valid UTF-8.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const debian = [
  'proj-data',
  'ibus-table-latex',
  'ibus-table-emoji',
  'ibus-table-thai',
  'ibus-table-viqr',
  'ibus-table-cangjie3',
  'ibus-table-wubi',
  'qgis-providers-common',
  'cppreference-doc-en-qch',
  'ibus-libpinyin',
  'r-cran-sf',
  'kexi-data',
  'openlp',
];
const debianSources = ['sqlcipher'];
const npm = ['spatialite', 'spl.js'];

const [wantedFolder = 'databases', ...wanted] = process.argv.slice(2);
/** @param {string} name */
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);

const folder = resolve(wantedFolder);
mkdirSync(folder, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'databases-'));
try {
  for (const name of debian.filter(isWanted))
    fetch(name, (path) => {
      execFileSync('apt-get', ['download', name], { cwd: path, stdio: 'ignore' });
      const [archive = ''] = readdirSync(path).filter((file) => file.endsWith('.deb'));
      execFileSync('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: path });
    });
  for (const name of debianSources.filter(isWanted))
    fetch(name, (path) => {
      const list = join(scratch, 'sources.list');
      writeFileSync(list, `deb-src http://deb.debian.org/debian ${readSuite()} main\n`);
      mkdirSync(join(scratch, 'lists/partial'), { recursive: true });
      const places = {
        'Etc::sourcelist': list,
        'Etc::sourceparts': '/dev/null',
        'State::lists': join(scratch, 'lists'),
      };
      const options = Object.entries(places).flatMap(([place, value]) => ['-o', `Dir::${place}=${value}`]);
      execFileSync('apt-get', [...options, 'update'], { stdio: 'ignore' });
      execFileSync('apt-get', [...options, 'source', '--download-only', name], {
        cwd: path,
        stdio: 'ignore',
      });
      const [archive = ''] = readdirSync(path).filter((file) => /\.orig\.tar\.\w+$/.test(file));
      mkdirSync(join(path, 'unpacked'));
      execFileSync('tar', ['-xf', archive, '-C', 'unpacked'], { cwd: path });
    });
  for (const name of npm.filter(isWanted))
    fetch(name, (path) => {
      const archive = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', name], {
        cwd: path,
        encoding: 'utf8',
      });
      mkdirSync(join(path, 'unpacked'));
      execFileSync('tar', ['-xzf', archive.trim(), '-C', 'unpacked'], { cwd: path });
    });
} finally {
  rmSync(scratch, { recursive: true });
}

/** @param {string} name @param {(path: string) => void} unpack */
function fetch(name, unpack) {
  const path = join(scratch, name.replaceAll('/', '-'));
  mkdirSync(path);
  try {
    unpack(path);
  } catch (error) {
    console.log(`${name}: not fetched (${String(/** @type {Error} */ (error).message).split('\n')[0]})`);
    return;
  }
  const found = listFiles(join(path, 'unpacked')).filter(isDatabase);
  for (const [index, file] of found.entries())
    copyFileSync(file, join(folder, `${name.replaceAll('/', '-').replace('@', '')}-${index}.db`));
  console.log(`${name}: ${found.length} databases`);
}

/** The name of this machine's Debian. */
function readSuite() {
  return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
}

/** @param {string} path @returns {string[]} */
function listFiles(path) {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name);
    if (entry.isDirectory()) return listFiles(child);
    return entry.isFile() ? [child] : [];
  });
}

/** @param {string} path */
function isDatabase(path) {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(16);
    return readSync(file, head) === 16 && head.toString('latin1') === 'SQLite format 3\0';
  } finally {
    closeSync(file);
  }
}
