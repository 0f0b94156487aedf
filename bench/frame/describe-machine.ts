import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';

const { resolve } = createRequire(import.meta.url);

/** What ran beside us. */
const compared = [
  'better-sqlite3',
  '@libsql/client',
  '@tursodatabase/serverless',
  'drizzle-orm',
  'kysely',
  'typeorm',
  'knex',
  '@nestjs/core',
  'tinybench',
];

/** The machine in one line, the versions in another. */
export function describeMachine(): string[] {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return [
    `${cpu?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${memory} GB, ${type()} ${release()}, Node ${process.version}`,
    ['nestjs-turso', ...compared].map((name) => `${name} ${versionOf(name)}`).join(', '),
  ];
}

function versionOf(name: string): string {
  const manifest =
    name === 'nestjs-turso' ? new URL('../../package.json', import.meta.url) : findManifest(name);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** Not every package exports its manifest. */
function findManifest(name: string): string {
  const folder = `/node_modules/${name}/`;
  const entry = resolve(name);
  return entry.slice(0, entry.lastIndexOf(folder) + folder.length) + 'package.json';
}
