import { describe, expect, it } from '@jest/globals';
import { messageOf, resolveWith } from './resolve-with.js';

const url = 'libsql://db.example.com';

describe('the options of a replica', () => {
  it('are complete with a path alone', () => {
    expect(resolveWith({ url, replica: { path: 'data/replica.db' } })).toMatchObject({
      replica: {
        path: '/work/app/data/replica.db',
        source: 'the option "replica.path"',
        syncIntervalMs: 5_000,
        maxStalenessMs: 60_000,
      },
      consistency: 'read-your-writes',
    });
    expect(resolveWith({ url }).replica).toBeUndefined();
  });

  it('come from the environment with the URL', () => {
    const variables = {
      DATABASE_URL: url,
      DATABASE_REPLICA_PATH: '/data/replica.db',
      DATABASE_REPLICA_SYNC_INTERVAL_MS: '250',
      DATABASE_REPLICA_MAX_STALENESS_MS: '1_000',
      DATABASE_CONSISTENCY: 'replica',
    };

    expect(resolveWith({}, variables)).toMatchObject({
      replica: { path: '/data/replica.db', syncIntervalMs: 250, maxStalenessMs: 1_000 },
      consistency: 'replica',
    });
    expect(resolveWith({ url }, variables)).toMatchObject({
      replica: undefined,
      warnings: [{ code: 'VARIABLES_UNUSED', message: expect.stringContaining('DATABASE_REPLICA_PATH') }],
    });
    expect(resolveWith({}, { ...variables, DATABASE_URL: 'sqlite:app.db' }).replica).toBeUndefined();
  });

  it.each([
    [{ url: 'sqlite:app.db', replica: { path: 'r.db' } }, 'The option "replica.path" is for a server'],
    [{ url, replica: { syncIntervalMs: 1 } }, 'The option "replica.syncIntervalMs" does nothing without'],
    [{ url, replica: { path: 'file:r.db' } }, 'The option "replica.path" must be the path of a file'],
    [{ url, replica: { path: ':memory:' } }, 'The option "replica.path" must be the path of a file'],
    [{ url, replica: { path: '' } }, 'The option "replica.path" is empty'],
    [
      { url, replica: { path: 'r.db' }, tls: { servername: 'h' } },
      'The option "tls.servername" cannot be used beside a replica',
    ],
    [
      { url, consistency: 'strong' },
      'The option "consistency" must be "read-your-writes", "replica" or "primary"',
    ],
  ])('are refused where they would do nothing: %j', (options, problem) => {
    expect(messageOf(() => resolveWith(options))).toContain(problem);
  });

  it('leave "consistency" alone without a replica, so that one code runs on every backend', () => {
    expect(resolveWith({ url: 'sqlite:app.db', consistency: 'primary' }).consistency).toBe('primary');
  });
});
