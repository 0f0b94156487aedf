/** Says what a value is, for a message: short harmless text, numbers and booleans as they are, anything else by its shape. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w.+, -]{1,20}$/.test(value)) return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return describeShape(value);
}

/** Says what a value is without showing any of it: for everything that may be a credential. */
export function describeShape(value: unknown): string {
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return `${/^[aeiou]/.test(typeof value) ? 'an' : 'a'} ${typeof value}`;
}
