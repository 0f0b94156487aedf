/** What to write instead of the names that other clients use. */
export const foreignNames: ReadonlyMap<string, string> = new Map([
  ['token', 'authToken'],
  ['concurrency', 'pool.maxStreams'],
  ['timeout', 'queryTimeoutMs'],
  ['retries', 'maxAttempts'],
  ['retryAttempts', 'maxAttempts'],
  ['path', 'url'],
  ['filename', 'url'],
  ['database', 'url'],
  ['uri', 'url'],
  ['connectionString', 'url'],
  ['pragmas', 'sqlite.pragmas'],
  ['sqlite.filename', 'url'],
  ['sqlite.path', 'url'],
  ['migrations.path', 'migrations.directory'],
  ['migrations.folder', 'migrations.directory'],
]);
