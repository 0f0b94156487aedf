/** A file of the migrations folder. */
export interface MigrationFile {
  /** File name without the folder; the files run in the order of their names. */
  readonly name: string;
  /** Decoded, without a byte order mark, lines ended by `\n`. */
  readonly text: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly checksum: string;
}

/** A statement of a file. */
export interface MigrationStatement {
  readonly sql: string;
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
}

/** A file that is to run. */
export interface Migration extends MigrationFile {
  readonly statements: readonly MigrationStatement[];
}
