import { isBareMemory, isWindowsPath, splitUrl } from './url-parts.js';
import { backendOf } from './url-schemes.js';

/**
 * Says by its scheme which backend a URL belongs to. A bare path is `'unknown'`: write `sqlite:` in front of it. Never throws.
 */
export function detectDatabaseType(url: unknown): 'turso' | 'sqlite' | 'unknown' {
  if (typeof url !== 'string') return 'unknown';
  if (isBareMemory(url) || isWindowsPath(url)) return 'sqlite';
  const parts = splitUrl(url);
  return (parts && backendOf(parts.scheme)) ?? 'unknown';
}
