import { findPragmaProblem } from './check-pragmas.js';
import { describeShape, describeValue } from './describe-value.js';
import type { OptionRule } from './option-rules.js';

/** What is wrong with the value of an option, as the end of a sentence that starts with its name; `undefined` when it is right. */
export function findValueProblem(rule: OptionRule, value: unknown): string | undefined {
  switch (rule.kind) {
    case 'integer':
      return findIntegerProblem(rule, value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `must be true or false, got ${describeValue(value)}`;
    case 'choice':
      return typeof value === 'string' && rule.values.includes(value)
        ? undefined
        : `must be ${listChoices(rule.values)}, got ${describeValue(value)}`;
    case 'url':
      return typeof value === 'string' ? undefined : `must be a string, got ${describeShape(value)}`;
    case 'text':
      return findTextProblem(value);
    case 'token':
      return typeof value === 'function'
        ? undefined
        : findTextProblem(value, ' or a function that returns one');
    case 'pragmas':
      return findPragmaProblem(value);
    case 'function':
      return typeof value === 'function' ? undefined : `must be a function, got ${describeShape(value)}`;
  }
}

function findIntegerProblem(
  { min, max, unit }: Extract<OptionRule, { kind: 'integer' }>,
  value: unknown,
): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return undefined;
  const hint = unit === 'milliseconds' && typeof value === 'string' ? suggestMilliseconds(value) : '';
  return `must be an integer from ${min} to ${max} (${unit}), got ${describeValue(value)}${hint}`;
}

function suggestMilliseconds(text: string): string {
  const [, amount, unit] = /^\s*(\d{1,6})\s*(ms|s|sec|m|min|h)\s*$/i.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return '';
  const factor =
    { ms: 1, s: 1_000, sec: 1_000, m: 60_000, min: 60_000, h: 3_600_000 }[unit.toLowerCase()] ?? 1;
  return `: write ${Number(amount) * factor}`;
}

function findTextProblem(value: unknown, alternative = ''): string | undefined {
  if (typeof value !== 'string') return `must be a string${alternative}, got ${describeShape(value)}`;
  if (value === '') return 'is empty: give it a value or leave it out';
  return value.includes('\0') ? 'has a NUL character in it: remove it' : undefined;
}

function listChoices(values: readonly string[]): string {
  const quoted = values.map((value) => `"${value}"`);
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
