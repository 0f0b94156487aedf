import { format } from 'node:util';
import type { ContractRunner } from './contract-runner.js';

/** Says the same of several rows; a row that is an array is the list of arguments. `%s`, `%d` and `%j` stand for them in the title. */
export interface ForEach<R> {
  <T extends readonly [unknown, ...unknown[]]>(
    rows: readonly T[],
  ): (title: string, say: (...row: T) => R) => void;
  <T>(values: readonly T[]): (title: string, say: (value: T) => R) => void;
}

/** The words in which the facts are written: those of the runner, with `each` by one meaning on every runner. */
export interface ContractWords extends Omit<ContractRunner, 'describe' | 'it'> {
  readonly describe: ContractRunner['describe'] & { readonly each: ForEach<void> };
  readonly it: ContractRunner['it'] & { readonly each: ForEach<void | Promise<void>> };
}

export function createWords(runner: ContractRunner): ContractWords {
  const { describe, it, beforeAll, afterAll, beforeEach, afterEach, expect } = runner;
  return {
    ...{ beforeAll, afterAll, beforeEach, afterEach, expect },
    describe: Object.assign((title: string, facts: () => void) => describe(title, facts), {
      each: createEach<void>(describe),
    }),
    it: Object.assign((title: string, fact: () => void | Promise<void>) => it(title, fact), {
      each: createEach<void | Promise<void>>(it),
    }),
  };
}

function createEach<R>(word: (title: string, body: () => R) => unknown): ForEach<R> {
  return (rows: readonly unknown[]) => (title: string, say: (...row: never[]) => R) => {
    const places = title.match(/%[sdj]/g)?.length ?? 0;
    for (const entry of rows) {
      const row: readonly unknown[] = Array.isArray(entry) ? entry : [entry];
      word(format(title, ...row.slice(0, places)), () => say(...(row as never[])));
    }
  };
}
