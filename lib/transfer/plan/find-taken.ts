import type { SourceSchema } from '../source/source-schema.js';
import type { TargetObject } from '../target/list-objects.js';

/** Names of the source that somebody else has on the target already. SQLite tells triggers apart from everything else, and no case. */
export function findTaken(schema: SourceSchema, present: readonly TargetObject[]): string[] {
  const { tables, virtualTables, indexes, views, triggers } = schema;
  const namesOf = (areTriggers: boolean): Set<string> =>
    new Set(
      present
        .filter(({ type }) => (type === 'trigger') === areTriggers)
        .map(({ name }) => name.toLowerCase()),
    );
  const [others, otherTriggers] = [namesOf(false), namesOf(true)];
  return [
    ...[...tables, ...virtualTables, ...indexes, ...views].filter(({ name }) =>
      others.has(name.toLowerCase()),
    ),
    ...triggers.filter(({ name }) => otherTriggers.has(name.toLowerCase())),
  ].map(({ name }) => name);
}
