import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const dist = join(import.meta.dirname, '../../dist');

/** The files of the package that are loaded with one of them. */
function loadedWith(path: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(path)) return found;
  const text = readFileSync(path, 'utf8');
  found.set(path, text);
  for (const [, next = ''] of text.matchAll(/^(?:import|export|\}).*"(\.[^"]+)";$/gm))
    loadedWith(resolve(path, '..', next), found);
  return found;
}

/** What a file loads later, by the name of the module in it. */
function findLazyFile(texts: Iterable<string>, module: string): string {
  const later = [...texts].flatMap((text) => [...text.matchAll(/import\("\.\/([^"]+)"\)/g)]);
  const paths = later.map(([, name = '']) => join(dist, 'chunks', name));
  return paths.find((path) => readFileSync(path, 'utf8').includes(`// dist/${module}`)) ?? 'none';
}

describe('the files of the package', () => {
  it('are two for the entry', () => {
    expect([...loadedWith(join(dist, 'index.js')).keys()]).toHaveLength(2);
  });

  it('are few for a SQLite file', () => {
    const entry = loadedWith(join(dist, 'index.js'));
    const driver = findLazyFile(entry.values(), 'drivers/sqlite/sqlite-driver.js');

    expect(loadedWith(driver, entry).size).toBeLessThanOrEqual(8);
  });

  it.each(['cls', 'kysely', 'transfer', 'cli'])('hold nothing of Nest for %s', (entry) => {
    const path = join(dist, entry, entry === 'cli' ? 'main.js' : 'index.js');

    for (const text of loadedWith(path).values()) expect(text).not.toMatch(/ from "(@nestjs\/|rxjs)/);
  });
});
