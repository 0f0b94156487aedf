import { variablesOf } from './env-options.js';
import type { OptionPath } from './option-values.js';

/** A variable that is set. */
export interface FoundVariable {
  readonly variable: string;
  readonly raw: unknown;
}

/** The first variable of an option that is set; `null` counts as not set. */
export function readVariable(
  path: OptionPath,
  name: string | undefined,
  read: (variable: string) => unknown,
): FoundVariable | undefined {
  for (const variable of variablesOf(path, name)) {
    const raw = read(variable);
    if (raw !== undefined && raw !== null) return { variable, raw };
  }
  return undefined;
}
