type Hook = () => void | Promise<void>;

/** The matchers that the facts use, a part of those of Jest and Vitest. */
export interface ContractMatchers<R> {
  toBe(expected: unknown): R;
  toBeDefined(): R;
  toBeInstanceOf(expected: unknown): R;
  toBeUndefined(): R;
  toContain(expected: unknown): R;
  toEqual(expected: unknown): R;
  toMatch(expected: string | RegExp): R;
  toMatchObject(expected: object): R;
  toThrow(expected?: unknown): R;
}

/** `expect` of Jest, of Vitest, or of the package `expect`. */
export type ContractExpect = (actual: unknown) => ContractMatchers<unknown> & {
  readonly not: ContractMatchers<unknown>;
  readonly rejects: ContractMatchers<Promise<unknown>>;
  readonly resolves: ContractMatchers<Promise<unknown>>;
};

/**
 * What the contract needs of a test runner. The functions of Jest and Vitest fit as they are; for `node:test`, its `before` and
 * `after` are `beforeAll` and `afterAll`, and `expect` is a package.
 */
export interface ContractRunner {
  readonly describe: (title: string, facts: () => void) => unknown;
  readonly it: (title: string, fact: Hook) => unknown;
  readonly beforeAll: (hook: Hook) => unknown;
  readonly afterAll: (hook: Hook) => unknown;
  readonly beforeEach: (hook: Hook) => unknown;
  readonly afterEach: (hook: Hook) => unknown;
  readonly expect: ContractExpect;
}
