/** How much of everything is measured. */
export interface Scale {
  /** How often the contenders take turns. */
  readonly rounds: number;
  /** How long a round of one contender goes on, in milliseconds. */
  time(fullMs: number): number;
  /** How many rows, calls or callers there are. */
  count(full: number, smoke: number): number;
}

/** Numbers worth printing. */
export const fullScale: Scale = { rounds: 5, time: (fullMs) => fullMs, count: (full) => full };

/** Every table once, as short as can be: whether it works, not how fast. */
export const smokeScale: Scale = {
  rounds: 1,
  time: (fullMs) => Math.min(20, fullMs),
  count: (_full, smoke) => smoke,
};
