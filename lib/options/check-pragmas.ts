import { describeShape } from './describe-value.js';
import { suggest } from './suggest.js';

/** Settings of a handle that no option owns. SQLite ignores a pragma that it does not know, so a typing error would go unseen. */
const allowedPragmas: ReadonlySet<string> = new Set([
  'analysis_limit',
  'auto_vacuum',
  'automatic_index',
  'cache_spill',
  'case_sensitive_like',
  'cell_size_check',
  'checkpoint_fullfsync',
  'encoding',
  'fullfsync',
  'hard_heap_limit',
  'ignore_check_constraints',
  'journal_size_limit',
  'legacy_alter_table',
  'max_page_count',
  'page_size',
  'recursive_triggers',
  'reverse_unordered_selects',
  'secure_delete',
  'soft_heap_limit',
  'temp_store',
  'threads',
  'trusted_schema',
  'wal_autocheckpoint',
]);

/** What to do instead of a pragma that would pull a rug from under the driver. */
const ownedPragmas: ReadonlyMap<string, string> = new Map([
  ['journal_mode', 'use "sqlite.journalMode"'],
  ['synchronous', 'use "sqlite.synchronous"'],
  ['cache_size', 'use "sqlite.cacheSizeKb"'],
  ['mmap_size', 'use "sqlite.mmapSizeMb"'],
  ['foreign_keys', 'foreign keys are always checked; a migration may defer them'],
  ['busy_timeout', 'waiting for a lock is bounded by "queryTimeoutMs"'],
  ['query_only', 'readers are read-only, the writer is not'],
  ['locking_mode', 'readers need the file beside the writer'],
  ['read_uncommitted', 'handles share no cache'],
  ['user_version', 'it changes the file: set it in a migration'],
  ['application_id', 'it changes the file: set it in a migration'],
  ['key', 'this SQLite does not encrypt files'],
  ['hexkey', 'this SQLite does not encrypt files'],
  ['rekey', 'this SQLite does not encrypt files'],
]);

/** What is wrong with `sqlite.pragmas`; `undefined` when nothing is. Values are not shown. */
export function findPragmaProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `must be an object of pragma names and values (in a variable: name=value,name=value), got ${describeShape(value)}`;
  }
  for (const [name, setting] of Object.entries(value)) {
    const problem = findNameProblem(name) ?? findSettingProblem(name, setting);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findNameProblem(name: string): string | undefined {
  if (!/^[a-z_]{1,40}$/.test(name)) return 'has a name that is not made of a to z and _';
  if (allowedPragmas.has(name)) return undefined;
  const owner = ownedPragmas.get(name);
  if (owner !== undefined) return `must not set "${name}": ${owner}`;
  const meant = suggest(name, allowedPragmas);
  return `has "${name}", which cannot be set here${meant === undefined ? '' : `: did you mean "${meant}"?`}`;
}

function findSettingProblem(name: string, setting: unknown): string | undefined {
  if (typeof setting === 'boolean') return undefined;
  if (typeof setting === 'number' && Number.isFinite(setting)) return undefined;
  if (typeof setting === 'string' && /^-?[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}$/.test(setting)) return undefined;
  return `must set "${name}" to a number, a boolean or a word of A to Z, 0 to 9, _, . and -, got ${describeShape(setting)}`;
}
