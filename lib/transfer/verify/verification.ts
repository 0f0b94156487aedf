/** One difference between source and target. */
export interface Difference {
  readonly kind:
    | 'row-missing'
    | 'row-extra'
    | 'row-changed'
    /** The two SQLite versions compute it differently from the same stored values; named once, whatever its rows. */
    | 'generated-column'
    | 'object-missing'
    | 'object-extra'
    | 'object-changed'
    | 'sequence'
    | 'user-version'
    | 'integrity'
    | 'foreign-keys';
  /** Table or object. */
  readonly object: string;
  /** The row's rowid or primary key, or the name of the generated column; empty for an object. */
  readonly key: string;
}

/** A table after its comparison. */
export interface VerifiedTable {
  readonly name: string;
  /** Rows of the source, without those that were left out. */
  readonly rows: number;
  /** Of those rows: what the digest is over. */
  readonly bytes: number;
  /** SHA-3 over the table's rows. It depends on the version of this package. */
  readonly digest: string;
  readonly equal: boolean;
}

/** What a comparison found. Of each table at most 100 differences are listed. */
export interface Verification {
  readonly equal: boolean;
  readonly tables: readonly VerifiedTable[];
  readonly differences: readonly Difference[];
}
