import type { SourceObject, SourceSchema, SourceTable } from '../source/source-schema.js';

/** What creates tables, in the order of the load: virtual ones behind the others, which they may read. */
export function listTables({ tables, virtualTables }: SourceSchema): SourceObject[] {
  return [...tables.filter(({ isShadow }) => !isShadow).map(toObject), ...virtualTables];
}

/** What creates the tables that no virtual table created, although they are named like a part of one. SQLite stores the same text. */
export function listShadows({ tables }: SourceSchema): SourceObject[] {
  return tables
    .filter(({ isShadow }) => isShadow)
    .map(toObject)
    .map((object) => ({ ...object, sql: object.sql.replace(/^CREATE TABLE/i, '$& IF NOT EXISTS') }));
}

function toObject({ name, sql }: SourceTable): SourceObject {
  return { type: 'table', name, tableName: name, sql };
}

/** What is created when all rows are there, views before the triggers that may stand on them. */
export function listViews({ views, triggers }: SourceSchema): SourceObject[] {
  return [...views, ...triggers];
}
