import { describe, expect, it } from '@jest/globals';
import { validateDatabaseEnv } from '../../../lib/index.js';
import { errorOf, messageOf, resolveWith, type LooseOptions, type Variables } from './resolve-with.js';

const url = 'libsql://db.example.org';
const withFallback = { url, onUnavailable: 'fallback', fallback: { url: 'sqlite:./fallback.db' } };
const problemOf = (options: LooseOptions, variables?: Variables): string =>
  messageOf(() => resolveWith(options, variables));

describe('onUnavailable', () => {
  it('is "fail" without a fallback when nobody sets it', () => {
    expect(resolveWith({ url })).toMatchObject({ onUnavailable: 'fail', fallback: undefined });
  });

  it.each(['sqlite:./a.db', url])('"degraded" is for every database (%s)', (anyUrl) => {
    expect(resolveWith({ url: anyUrl, onUnavailable: 'degraded' }).onUnavailable).toBe('degraded');
  });

  it('"fallback" resolves the other file as it does the first one', () => {
    expect(resolveWith(withFallback)).toMatchObject({
      target: { backend: 'turso' },
      onUnavailable: 'fallback',
      fallback: {
        backend: 'sqlite',
        path: '/work/app/fallback.db',
        temporary: false,
        source: 'the option "fallback.url"',
      },
    });
  });

  it('is read from the environment, option by option', () => {
    const variables = {
      DATABASE_URL: url,
      DATABASE_ON_UNAVAILABLE: 'fallback',
      DATABASE_FALLBACK_URL: 'sqlite:./env.db',
      DATABASE_FALLBACK_ALLOW_IN_PRODUCTION: 'true',
      NODE_ENV: 'production',
    };

    expect(resolveWith({}, variables)).toMatchObject({
      onUnavailable: 'fallback',
      fallback: { path: '/work/app/env.db', source: 'DATABASE_FALLBACK_URL' },
    });
    expect(resolveWith({ onUnavailable: 'fallback' }, variables).onUnavailable).toBe('fallback');
  });

  it.each([
    [{ onUnavailable: 'ignore' }, 'must be "fail", "degraded" or "fallback", got "ignore"'],
    [{ onUnavailable: 'fallback' }, 'and there is none: set "fallback.url"'],
    [{ fallback: { url: 'sqlite:./a.db' } }, 'does nothing alone: set "onUnavailable" to "fallback"'],
    [{ onUnavailable: 'degraded', fallback: { url: 'sqlite:./a.db' } }, 'does nothing alone'],
    [{ fallback: { allowInProduction: true } }, 'The option "fallback.allowInProduction" does nothing alone'],
    [{ onUnavailable: 'degraded', lazy: true }, '"lazy" opens nothing then: remove one'],
    [{ ...withFallback, lazy: true }, '"lazy" opens nothing then: remove one'],
    [{ ...withFallback, url: 'sqlite:./a.db' }, 'which is for Turso, and the option "url" is SQLite'],
    [{ ...withFallback, fallback: { url: 'libsql://other' } }, 'must be a SQLite URL'],
    [{ ...withFallback, fallback: { url: ':memory:' } }, 'must name a file'],
    [{ ...withFallback, fallback: { url: '' } }, 'The option "fallback.url" is empty'],
    [{ ...withFallback, fallback: { url: 5 } }, 'The option "fallback.url" must be a string'],
    [{ ...withFallback, fallback: 'sqlite:./a.db' }, 'The option "fallback" must be an object'],
    [{ fallback: { replica: true } }, '"fallback.replica" does nothing without a replica'],
    [
      { ...withFallback, replica: { path: 'r.db' }, fallback: { ...withFallback.fallback, replica: true } },
      '"fallback.replica" and "fallback.url" exclude each other',
    ],
    [{ onUnavailabel: 'fail' }, 'did you mean "onUnavailable"?'],
  ])('is refused where it would not do what it says (%j)', (options, problem) => {
    expect(problemOf({ url, ...options })).toContain(problem);
  });

  it('keeps the code of a broken fallback URL, and its credentials to itself', () => {
    const error = errorOf(() =>
      resolveWith({ ...withFallback, fallback: { url: 'postgres://user:s3cret@host/db' } }),
    );

    expect(error.code).toBe('URL_SCHEME_NOT_SUPPORTED');
    expect(error.message).not.toContain('s3cret');
  });

  it('is refused with a fallback in production, unless that is allowed', () => {
    const production = { NODE_ENV: 'production' };
    const allowed = { ...withFallback, fallback: { ...withFallback.fallback, allowInProduction: true } };

    expect(problemOf(withFallback, production)).toContain('set "fallback.allowInProduction"');
    expect(resolveWith(allowed, production).fallback?.path).toBe('/work/app/fallback.db');
  });

  it('is not asked about the fallback on a replica, which is for every outage', () => {
    const options = { url, replica: { path: 'r.db' }, fallback: { replica: true } };
    const variables = {
      DATABASE_URL: url,
      DATABASE_REPLICA_PATH: 'r.db',
      DATABASE_FALLBACK_REPLICA: 'true',
    };

    expect(resolveWith(options).replica).toMatchObject({ fallsBack: true });
    expect(resolveWith({}, variables)).toMatchObject({ fallback: undefined, replica: { fallsBack: true } });
    expect(resolveWith({ url, replica: { path: 'r.db' } }).replica).toMatchObject({ fallsBack: false });
  });

  it('names its variables, also in the check of the environment', () => {
    expect(problemOf({ url }, { DATABASE_ON_UNAVAILABLE: 'fallback' })).toMatch(
      /^DATABASE_ON_UNAVAILABLE is/,
    );
    expect(messageOf(() => validateDatabaseEnv({ DATABASE_FALLBACK_URL: 'mysql://h/db' }))).toMatch(
      /^DATABASE_FALLBACK_URL has the scheme "mysql:"/,
    );
  });
});
