import { expect } from '@jest/globals';
import type { ContractRunner } from '../../lib/testing/index.js';

type Hook = () => void | Promise<void>;

interface Block {
  readonly title: string;
  readonly hooks: Record<'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach', Hook[]>;
  readonly entries: (Block | { readonly title: string; readonly fact: Hook })[];
}

/** What became of a run: the titles of the facts, without that of the set-up. */
export interface Facts {
  readonly passed: string[];
  readonly failed: string[];
}

/** A test runner of the simplest kind, whose results are kept instead of reported. */
export async function collectFacts(describeFacts: (runner: ContractRunner) => void): Promise<Facts> {
  const createBlock = (title: string): Block => ({
    title,
    hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] },
    entries: [],
  });
  let current = createBlock('');
  const root = current;
  const keep = (name: keyof Block['hooks']) => (hook: Hook) => current.hooks[name].push(hook);
  describeFacts({
    expect,
    describe(title, facts) {
      const outer = current;
      current = createBlock(title);
      outer.entries.push(current);
      facts();
      current = outer;
    },
    it: (title, fact) => current.entries.push({ title, fact }),
    beforeAll: keep('beforeAll'),
    afterAll: keep('afterAll'),
    beforeEach: keep('beforeEach'),
    afterEach: keep('afterEach'),
  });
  const facts: Facts = { passed: [], failed: [] };
  for (const setup of root.entries) if ('entries' in setup) await runBlock(setup, [], [], facts);
  return facts;
}

async function runBlock(
  block: Block,
  path: readonly string[],
  around: readonly Block[],
  facts: Facts,
): Promise<void> {
  const blocks = [...around, block];
  for (const hook of block.hooks.beforeAll) await hook();
  for (const entry of block.entries) {
    const titles = [...path, entry.title];
    if ('entries' in entry) {
      await runBlock(entry, titles, blocks, facts);
      continue;
    }
    const hasPassed = await runFact(entry.fact, blocks);
    facts[hasPassed ? 'passed' : 'failed'].push(titles.join(' › '));
  }
  for (const hook of block.hooks.afterAll) await hook();
}

async function runFact(fact: Hook, blocks: readonly Block[]): Promise<boolean> {
  try {
    for (const hook of blocks.flatMap(({ hooks }) => hooks.beforeEach)) await hook();
    await fact();
    return true;
  } catch {
    return false;
  } finally {
    for (const hook of blocks.toReversed().flatMap(({ hooks }) => hooks.afterEach)) await hook();
  }
}
