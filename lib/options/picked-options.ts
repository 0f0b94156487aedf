import { ConfigurationError } from '../errors/configuration-error.js';
import { defaultOptions } from './default-options.js';
import type { OptionPath, OptionValues } from './option-values.js';

/** Where a value was written. */
export interface Origin {
  readonly source: 'code' | 'environment';
  /** The variable, or the option as the middle of a sentence names it. */
  readonly label: string;
  /** An error about the value; `problem` is the end of a sentence that starts with the label. */
  createError(problem: string, code?: string): ConfigurationError;
}

/** A value and where it was written. */
export interface PickedValue {
  readonly value: unknown;
  readonly origin: Origin;
}

/** A variable that is set, but belongs to a URL that the environment did not choose. */
export interface IgnoredVariable {
  readonly path: OptionPath;
  readonly variable: string;
}

type Defaulted = keyof typeof defaultOptions;

/** The values that were chosen, each with its origin. */
export class PickedOptions {
  readonly #picks: ReadonlyMap<OptionPath, PickedValue>;

  constructor(
    picks: ReadonlyMap<OptionPath, PickedValue>,
    readonly ignored: readonly IgnoredVariable[],
  ) {
    this.#picks = picks;
  }

  /** The value, or the default where there is one. */
  get<P extends Defaulted>(path: P): OptionValues[P];
  get<P extends OptionPath>(path: P): OptionValues[P] | undefined;
  get(path: OptionPath): unknown {
    const pick = this.#picks.get(path);
    return pick === undefined ? defaultOptions[path as Defaulted] : pick.value;
  }

  /** `undefined` when nobody set the option. */
  originOf(path: OptionPath): Origin | undefined {
    return this.#picks.get(path)?.origin;
  }

  /** Where the options that were set come from, of those that `isWanted`. */
  labelsOf(isWanted: (path: OptionPath) => boolean): string[] {
    return [...this.#picks].filter(([path]) => isWanted(path)).map(([, { origin }]) => origin.label);
  }

  /** An error about an option, wherever it was set. */
  explain(path: OptionPath, problem: string, code?: string): ConfigurationError {
    return (this.originOf(path) ?? createOrigin('code', `the option "${path}"`)).createError(problem, code);
  }
}

export function createOrigin(source: Origin['source'], label: string): Origin {
  const start = label.replace(/^the /, 'The ');
  return {
    source,
    label,
    createError: (problem, code) => new ConfigurationError(`${start} ${problem}`, code),
  };
}
