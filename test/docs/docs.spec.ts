import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPragmaProblem } from '../../lib/options/check-pragmas.js';
import { envOptions } from '../../lib/options/env-options.js';
import { checkPragma } from '../../lib/sql/check-pragma.js';
import { blocksOf, pageOf, pages, proseOf, root, type Page } from './pages.js';
import { findTypeErrors } from './type-check.js';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.facts.ts'))
  .map((path) => read(join('lib', path)))
  .join('\n');

describe('the code of the pages', () => {
  it('has a language on every block that somebody checks', () => {
    const unchecked = pages
      .flatMap(({ blocks }) => blocks)
      .filter(({ language }) => !['ts', 'js', 'sh', 'json', 'yaml', 'sql', 'text'].includes(language));

    expect(unchecked.map(({ place }) => place)).toEqual([]);
  });

  it('compiles', () => {
    const blocks = blocksOf('ts');

    expect(findTypeErrors(blocks)).toEqual([]);
    expect(blocks.length).toBeGreaterThan(20);
  });

  it('is JSON where it says so', () => {
    for (const { code } of blocksOf('json')) expect(() => JSON.parse(code) as unknown).not.toThrow();
  });

  it('indents YAML by pairs of spaces', () => {
    const indents = blocksOf('yaml')
      .flatMap(({ code }) => code.split('\n'))
      .map((line) => /^\s*/.exec(line)?.[0] ?? '');

    expect(indents.filter((indent) => indent.includes('\t') || indent.length % 2 === 1)).toEqual([]);
  });
});

describe('the links of the pages', () => {
  it.each(pages.map((page) => [page.path, page] as const))('lead somewhere in %s', (path, page) => {
    const broken = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https:\/\//.test(target))
      .filter((target) => !leadsSomewhere(path, target));

    expect(broken).toEqual([]);
  });

  it('reach every page from the README', () => {
    const linked = pageOf('README.md').text;

    expect(pages.filter(({ path }) => path !== 'README.md' && !linked.includes(`(${path})`))).toEqual([]);
  });
});

describe('the names on the pages', () => {
  it('are variables that exist', () => {
    const known = new Set(envOptions.map(({ variable }) => variable));
    // for this repository's own tests
    for (const name of ['TURSO_TEST_DATABASE_URL', 'TURSO_TEST_AUTH_TOKEN']) known.add(name);
    const named = allMatches(/\b(?:DATABASE|TURSO|REPORTS)_[A-Z_]*[A-Z]\b/g).filter(
      (name) => name !== 'REPORTS_DB',
    );

    expect(named.filter((name) => !known.has(name.replace(/^REPORTS_/, '')))).toEqual([]);
    expect(named).toContain('REPORTS_TURSO_AUTH_TOKEN');
  });

  it('are codes that exist', () => {
    // of SQLite, of Node and of the server: we pass them on
    const foreign =
      /^(E[A-Z]+|ERR_SSL_WRONG_VERSION_NUMBER|ERR_TLS_CERT_ALTNAME_INVALID|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|HTTP_(40[134]|413|429|50[023])|SQLITE_CONSTRAINT_\w+|SQLD_AUTH_JWT_KEY_FILE|LIBSQL_IMAGE)$/;
    const named = allMatches(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g).filter(
      (name) => !/(DATABASE|TURSO)_/.test(name) && !foreign.test(name) && !name.endsWith('NODE_ENV'),
    );

    expect(named.filter((name) => !sources.includes(name.replace(/^HTTP_\d+$/, 'HTTP_')))).toEqual([]);
    expect(named).toContain('TRANSACTION_MANAGED');
  });

  it('are capabilities: each one has its row', () => {
    const semantics = pageOf('docs/semantics.md').text;
    const names = [
      ...read('lib/contract/driver.ts').matchAll(/^ {2}readonly (\w+): (?:boolean|number);/gm),
      ...read('lib/testing/contract/contract-setup.ts').matchAll(/^ {2}readonly (\w+): boolean;/gm),
    ].map(([, name = '']) => name);

    expect(names.filter((name) => !semantics.includes(`| \`${name}\``))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['readsBesideWriter', 'tellsPrimaryKeyApart']));
  });

  it('are kinds of errors: each one has its row', () => {
    const semantics = pageOf('docs/semantics.md').text;
    const union = /DatabaseErrorKind =([^;]*);/.exec(read('lib/errors/database-error.ts'))?.[1] ?? '';
    const kinds = [...union.matchAll(/'([a-z-]+)'/g)].map(([, kind = '']) => kind);

    expect(kinds.filter((kind) => !new RegExp(`^\\| \`${kind}\` `, 'm').test(semantics))).toEqual([]);
    expect(kinds).toHaveLength(13);
  });

  it('are the pragmas that may run', () => {
    const table = pageOf('docs/semantics.md').text.split('### Pragmas')[1]?.split('\n\n')[1] ?? '';
    const [reading = '', named = '', writing = '', inside = '', maintenance = ''] = table
      .split('\n')
      .slice(2);
    const use = (pragma: string, transaction = false): string =>
      checkPragma(`PRAGMA ${pragma}`, transaction ? 'transaction' : 'autocommit');

    for (const name of namesIn(reading)) expect([name, use(name)]).toEqual([name, 'read']);
    for (const name of namesIn(named)) expect([name, use(`${name}(t)`)]).toEqual([name, 'read']);
    for (const name of namesIn(writing)) expect([name, use(`${name} = 1`)]).toEqual([name, 'write']);
    for (const name of namesIn(inside)) expect([name, use(`${name} = 1`, true)]).toEqual([name, 'write']);
    for (const name of namesIn(maintenance)) expect([name, use(name)]).toEqual([name, 'write']);
    const lists = read('lib/sql/check-pragma.ts').split('const pattern')[0] ?? '';
    const inCode = [...lists.matchAll(/'([a-z_ ]{6,})'/g)].flatMap(([, text = '']) => text.trim().split(' '));
    expect(new Set(namesIn(table))).toEqual(new Set(inCode));
  });

  it('are the pragmas that options may set', () => {
    const list = pageOf('docs/configuration.md').text.split('<!-- pragmas:start -->')[1];
    const names = namesIn(list?.split('<!-- pragmas:end -->')[0] ?? '');
    const inCode = /allowedPragmas[^[]*\[([^\]]*)\]/.exec(read('lib/options/check-pragmas.ts'))?.[1] ?? '';

    expect(names.map((name) => findPragmaProblem({ [name]: 1 }))).toEqual(names.map(() => undefined));
    expect(names).toEqual([...inCode.matchAll(/'(\w+)'/g)].map(([, name]) => name));
  });
});

function allMatches(pattern: RegExp): string[] {
  const found = pages.flatMap(({ text }) => [...text.matchAll(pattern)]);
  return [...new Set(found.map((match) => match[1] ?? match[0]))];
}

function namesIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => name);
}

function leadsSomewhere(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(root, file))) return false;
  if (anchor === undefined) return true;
  const page = pages.find((candidate) => candidate.path === file);
  return page !== undefined && anchorsOf(page).includes(anchor);
}

/** As GitHub makes them. */
function anchorsOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
