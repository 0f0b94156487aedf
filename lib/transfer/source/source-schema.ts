/** A column whose values are stored. */
export interface SourceColumn {
  readonly name: string;
  /** Computed by its expression: compared, never written. */
  readonly generated: boolean;
}

/** A table with rows of its own: ordinary, or the shadow table of a virtual one. */
export interface SourceTable {
  readonly name: string;
  readonly sql: string;
  /** SQLite takes it for a shadow table by its name alone: its virtual table creates it, or nobody does. */
  readonly isShadow: boolean;
  readonly columns: readonly SourceColumn[];
  /** The expression that names the rowid, where one does. Of a WITHOUT ROWID table and of one whose columns hide it: `undefined`. */
  readonly rowid: string | undefined;
  /** The rowid is no column of the table and is written beside them. */
  readonly rowidIsHidden: boolean;
  /** Columns of the primary key of a WITHOUT ROWID table, in the key's order; otherwise empty. */
  readonly keyColumns: readonly string[];
  /** What rows are sorted by where no rowid has a name: the same order on both sides. Empty: as they lie. */
  readonly keyOrder: readonly string[];
  readonly rowCount: number;
}

/** Anything that is created by a statement and holds no rows. */
export interface SourceObject {
  readonly type: 'table' | 'index' | 'view' | 'trigger';
  readonly name: string;
  readonly tableName: string;
  readonly sql: string;
}

/** Everything that a source has to move. */
export interface SourceSchema {
  readonly tables: readonly SourceTable[];
  readonly virtualTables: readonly SourceObject[];
  readonly indexes: readonly SourceObject[];
  readonly views: readonly SourceObject[];
  readonly triggers: readonly SourceObject[];
  /** By the view's name; a broken view has none. */
  readonly viewColumns: ReadonlyMap<string, readonly string[]>;
  readonly sequence: readonly (readonly [name: string | null, seq: bigint | null])[] | undefined;
  readonly hasStatistics: boolean;
  /** Names of the tables that libSQL or Litestream made: they stay behind. */
  readonly serverTables: readonly string[];
  readonly encoding: string;
  readonly userVersion: number;
  readonly applicationId: number;
}
