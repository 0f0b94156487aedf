import type { SourceObject, SourceSchema } from '../source/source-schema.js';

/** What creates tables, in the order of the load: virtual ones behind the others, which they may read. */
export function listTables({ tables, virtualTables }: SourceSchema): SourceObject[] {
  const ordinary = tables.flatMap(({ name, sql }): SourceObject[] =>
    sql === undefined ? [] : [{ type: 'table', name, tableName: name, sql }],
  );
  return [...ordinary, ...virtualTables];
}

/** What is created when all rows are there, views before the triggers that may stand on them. */
export function listViews({ views, triggers }: SourceSchema): SourceObject[] {
  return [...views, ...triggers];
}
