import { createMigrationError } from './migration-errors.js';

/** Plain code-unit order, the same on every machine. */
export function sortNames(names: readonly string[]): string[] {
  return [...names].sort((first, second) => (first < second ? -1 : 1));
}

/**
 * Refuses names that are one name on a file system that ignores case.
 * @throws ConfigurationError
 */
export function assertDistinct(names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      const message = `migrations ${other} and ${name} differ only in upper and lower case: rename one of them`;
      throw createMigrationError(message, 'MIGRATION_INVALID');
    }
    seen.set(name.toLowerCase(), name);
  }
}

/**
 * Says when numbered files do not run in the order of their numbers, as `10_b.sql` before `2_a.sql`.
 * @param sorted names in the order in which they run
 */
export function findMisorder(sorted: readonly string[]): string | undefined {
  for (const [index, name] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next === undefined || numberOf(next) >= numberOf(name)) continue;
    return `${next} runs after ${name}: names are compared character by character, so pad the numbers with zeros (0002_…, 0010_…)`;
  }
  return undefined;
}

function numberOf(name: string): number {
  return Number.parseFloat(/^\d+/.exec(name)?.[0] ?? 'Infinity');
}
