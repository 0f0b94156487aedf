import type { ProgressListener, TransferTarget } from '../transfer/index.js';
import type { ExitCode } from './exit-codes.js';

/** A word of the command line that names a database. */
export type Place =
  { readonly path: string; readonly server?: undefined } | { readonly server: TransferTarget };

/** Options as they were typed. */
export interface OptionValues {
  readonly resume: boolean;
  readonly force: boolean;
  readonly verify: boolean;
  readonly 'keep-open': boolean;
  readonly 'into-non-empty': boolean;
  readonly 'on-bad-row'?: string | undefined;
  readonly 'invalid-utf8'?: string | undefined;
  readonly mode?: string | undefined;
  readonly via?: string | undefined;
  readonly 'data-folder'?: string | undefined;
  readonly 'admin-url'?: string | undefined;
  readonly namespace?: string | undefined;
  readonly rejects?: string | undefined;
  readonly 'work-folder'?: string | undefined;
}

/** What every command is given. */
export interface CommandInput {
  readonly places: readonly Place[];
  readonly values: OptionValues;
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
}

/** What a command found or did. */
export interface Result {
  readonly exitCode: ExitCode;
  /** For machines. */
  readonly value: object;
  /** For people. */
  readonly text: string;
}

/** One command. */
export interface CommandKind {
  /** What stands behind its name, for a message: `'app.db libsql://…'`. */
  readonly example: string;
  /** What may stand in each place, in order; a place whose kind ends with `?` may be left out. */
  readonly places: readonly ('file' | 'server' | 'any' | 'any?')[];
  /** Options that only some commands take. */
  readonly options: readonly (keyof OptionValues)[];
  run(input: CommandInput): Promise<Result>;
}

/** A place as the library takes it. */
export function toOption(place: Place | undefined): string | TransferTarget {
  return place?.server ?? (place as { path: string }).path;
}
