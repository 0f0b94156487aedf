/** Which rule of the schema a row broke. The server reports a primary key as `unique`. */
export type ConstraintKind = 'unique' | 'primary-key' | 'foreign-key' | 'not-null' | 'check';

/** What SQLite tells about a violated constraint. */
export interface ConstraintViolation {
  readonly constraint: ConstraintKind | undefined;
  /** Not told for `foreign-key` and `check`, nor for an index on an expression. */
  readonly table: string | undefined;
  readonly columns: readonly string[];
}

const kindOfExtendedCode: Readonly<Record<string, ConstraintKind>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'unique',
  SQLITE_CONSTRAINT_ROWID: 'primary-key',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'primary-key',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'foreign-key',
  SQLITE_CONSTRAINT_NOTNULL: 'not-null',
  SQLITE_CONSTRAINT_CHECK: 'check',
};

/** Reads table and columns from SQLite's text: `UNIQUE constraint failed: tasks.list, tasks.title`. */
export function readConstraint(extendedCode: string | undefined, text: string): ConstraintViolation {
  const constraint = extendedCode === undefined ? undefined : kindOfExtendedCode[extendedCode];
  const [, names] = /(?:UNIQUE|NOT NULL) constraint failed: ([^']+)$/.exec(text) ?? [];
  const paths = names?.split(', ').map((path) => path.split('.')) ?? [];
  const table = paths[0]?.length === 2 ? paths[0][0] : undefined;
  return { constraint, table, columns: table === undefined ? [] : paths.map((path) => path[1] ?? '') };
}
