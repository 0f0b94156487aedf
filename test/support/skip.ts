import { it } from '@jest/globals';

type Test = () => void | Promise<void>;

/** A test that is skipped, with its reason in the title, when there is a reason. */
export const itUnless =
  (reason: string | false | undefined) =>
  (title: string, test: Test): void =>
    reason ? it.skip(`${title} (skipped: ${reason})`, test) : it(title, test);
