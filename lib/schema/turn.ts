import type { Deadline } from '../async/deadline.js';

/** Whose turn it is to apply files. It only spares work and trouble: what runs once is decided by the journal. */
export interface Turn {
  /**
   * Takes the turn or keeps it.
   * @returns false, after a while, when another instance has it: look into the journal again
   */
  take(deadline: Deadline): Promise<boolean>;
}

/** For a local file: the write lock itself makes the others wait, as long as it takes. */
export const anyonesTurn: Turn = { take: () => Promise.resolve(true) };
