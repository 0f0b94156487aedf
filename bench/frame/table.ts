import type { Room } from './room.js';
import type { Scale } from './scale.js';

/** What one round of one contender came to, by the key of the column. Times are in milliseconds. */
export type Figures = Readonly<Record<string, number>>;

/** A way to do the work of a table. */
export interface Contender {
  /** Contenders are compared within their group. */
  readonly group: string;
  readonly name: string;
  /** What it answers; all contenders of a group must answer the same. */
  answer(): Promise<unknown>;
  /** Does the work of one round. */
  measure(): Promise<Figures>;
}

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly format: (value: number) => string;
}

/** A contender that cannot run; its line says why. */
export interface Absence {
  readonly group: string;
  readonly name: string;
  readonly reason: string;
}

/** Which figure is compared, and with whose. */
export interface Comparison {
  readonly column: string;
  /** Name of the contender that is 1. */
  readonly reference: string;
  readonly title: string;
}

/** One question, and those who answer it. */
export interface Table {
  /** Head of the first column. */
  readonly groups: string;
  readonly columns: readonly Column[];
  /** Left out where every line stands for itself. */
  readonly comparison?: Comparison;
  /** Rounds, where one takes long and is no matter of luck, or where it takes more of them to tell. */
  readonly rounds?: number;
  /** Sets up what the contenders need; the room takes it down. */
  open(room: Room, scale: Scale): Promise<readonly (Contender | Absence)[]>;
}
