import { defaultOptions, defaultUrl } from './default-options.js';
import { envOptions } from './env-options.js';

/** A row of the documentation: an option, its variable and its default. */
export interface OptionDescription {
  readonly option: string;
  /** `undefined` when only code can set the option. */
  readonly variable: string | undefined;
  /** As it would stand in code; `undefined` when there is none. */
  readonly default: string | undefined;
  readonly description: string;
}

/** Every option, in the order of the documentation. */
export function describeOptions(): OptionDescription[] {
  const rows = envOptions.map(({ option, variable, description }) => ({
    option,
    variable,
    default: variable === 'DATABASE_URL' ? defaultUrl : describeDefault(option),
    description,
  }));
  const hook = 'Called once with the connection after it was opened. Only in code.';
  return [
    ...rows,
    { option: 'onConnectionCreate', variable: undefined, default: undefined, description: hook },
  ];
}

function describeDefault(option: string): string | undefined {
  const value = new Map<string, unknown>(Object.entries(defaultOptions)).get(option);
  if (value === undefined || typeof value === 'string') return value;
  return typeof value === 'number'
    ? value.toLocaleString('en-US').replaceAll(',', '_')
    : JSON.stringify(value);
}
