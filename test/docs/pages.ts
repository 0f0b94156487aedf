import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A fenced block of code. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Page and line, for messages. */
  readonly place: string;
}

/** A page that a user reads. */
export interface Page {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const fence = /^( *)```(\w*)\n([^]*?)\n\1```$/gm;

/** README.md and everything in docs/. */
export const pages: readonly Page[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map(readPage);

/** The blocks of all pages in one of these languages. */
export function blocksOf(...languages: string[]): Block[] {
  return pages.flatMap(({ blocks }) => blocks).filter(({ language }) => languages.includes(language));
}

export function pageOf(path: string): Page {
  const page = pages.find((candidate) => candidate.path === path);
  if (page === undefined) throw new Error(`There is no page ${path}`);
  return page;
}

/** What a page says outside of its blocks. */
export function proseOf({ text }: Page): string {
  return text.replace(fence, '');
}

function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8');
  const blocks = [...text.matchAll(fence)].map(({ index, 2: language = '', 3: code = '' }) => ({
    language,
    code,
    place: `${path}:${text.slice(0, index).split('\n').length}`,
  }));
  return { path, text, blocks };
}
