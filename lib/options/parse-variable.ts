import { findValueProblem } from './check-value.js';
import type { OptionRule } from './option-rules.js';

/**
 * Reads a variable as the value that its rule asks for. A value that is no text, because the reader has parsed it already, is
 * taken as it is. An empty variable is a problem: it hides a mistake more often than it means "not set".
 */
export function parseVariable(
  rule: OptionRule,
  raw: unknown,
): { value: unknown; problem: string | undefined } {
  if (raw === '' && rule.kind !== 'url')
    return { value: raw, problem: 'is empty: give it a value or unset it' };
  const value = typeof raw === 'string' ? parseText(rule, raw) : raw;
  return { value, problem: findValueProblem(rule, value) };
}

function parseText(rule: OptionRule, text: string): unknown {
  switch (rule.kind) {
    case 'integer':
      return /^\d{1,3}(_\d{3})+$|^\d{1,15}$/.test(text) ? Number(text.replaceAll('_', '')) : text;
    case 'boolean':
      return { true: true, '1': true, false: false, '0': false }[text.toLowerCase()] ?? text;
    case 'choice':
      return text.toLowerCase();
    case 'pragmas':
      return parsePragmas(text);
    default:
      return text;
  }
}

/** `name=value,name=value`; numbers become numbers. */
function parsePragmas(text: string): unknown {
  const pairs = text.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  if (!pairs.every((pair) => pair.length === 2)) return text;
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, /^-?\d{1,15}$/.test(`${value}`) ? Number(value) : value]),
  );
}
