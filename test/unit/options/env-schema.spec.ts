import type { ConfigModuleOptions } from '@nestjs/config';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { databaseEnvSchema, validateDatabaseEnv } from '../../../lib/options/env-schema.js';
import { errorOf, messageOf } from './resolve-with.js';

const good = { DATABASE_URL: 'sqlite:a.db', TURSO_AUTH_TOKEN: '', DATABASE_MAX_ATTEMPTS: '4', OTHER: 'kept' };
const bad = {
  DATABASE_URL: 'libsql://s3cret@',
  TURSO_AUTH_TOKEN: '',
  DATABASE_LAZY: 'yes',
  DATABASE_MAX_ATTEMPTS: '4',
};

describe('the schema of the environment', () => {
  it('lets a good one pass unchanged, with its unknown keys', () => {
    expect(databaseEnvSchema['~standard'].validate(good)).toEqual({ value: good });
    expect(databaseEnvSchema.validate(good, { allowUnknown: true })).toEqual({ value: good });
    expect(validateDatabaseEnv(good)).toBe(good);
    expect(validateDatabaseEnv({})).toEqual({});
  });

  it('lists the problems of all variables', () => {
    const { issues } = databaseEnvSchema['~standard'].validate(bad) as {
      issues: { path: string[]; message: string }[];
    };
    expect(issues.map(({ path }) => path)).toEqual([
      ['DATABASE_URL'],
      ['TURSO_AUTH_TOKEN'],
      ['DATABASE_LAZY'],
    ]);
    expect(issues[2]?.message).toBe('must be true or false, got "yes"');

    const lines = messageOf(() => validateDatabaseEnv(bad)).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe('3 problems');
    expect(lines.join()).not.toContain('s3cret');
    expect(databaseEnvSchema.validate(bad)).toMatchObject({
      value: bad,
      error: { name: 'ConfigurationError' },
    });
  });

  it("keeps libSQL's code of a single problem", () => {
    expect(errorOf(() => validateDatabaseEnv({ DATABASE_URL: 'mysql://h' })).code).toBe(
      'URL_SCHEME_NOT_SUPPORTED',
    );
  });

  it('checks the variables of further connections', () => {
    const env = { REPORTS_DATABASE_LAZY: 'yes' };
    expect(validateDatabaseEnv(env)).toBe(env);
    expect(messageOf(() => validateDatabaseEnv(env, ['reports']))).toContain('REPORTS_DATABASE_LAZY must be');
    expect(messageOf(() => validateDatabaseEnv(env, ['turso']))).toContain('choose another name');
  });

  it.each([undefined, null, [], 'DATABASE_URL=a'])('refuses %j', (env) => {
    expect(databaseEnvSchema['~standard'].validate(env)).toMatchObject({ issues: [{ path: [] }] });
    expect(databaseEnvSchema.validate(env).error?.message).toContain('must be an object of variables');
    expect(messageOf(() => validateDatabaseEnv(env as unknown as Record<string, unknown>))).toContain(
      'must be an object',
    );
  });

  it.each<[string, ConfigModuleOptions]>([
    ['validationSchema', { validationSchema: databaseEnvSchema }],
    ['validate', { validate: (env) => validateDatabaseEnv(env) }],
  ])('works as %s of ConfigModule', async (_option, options) => {
    const load = (env: Record<string, string>): Promise<unknown> => {
      Object.assign(process.env, env);
      return Test.createTestingModule({
        imports: [ConfigModule.forRoot({ ...options, ignoreEnvFile: true })],
      })
        .compile()
        .then((module) => module.get(ConfigService).get<unknown>('DATABASE_MAX_ATTEMPTS'))
        .finally(() => Object.keys(env).forEach((name) => delete process.env[name]));
    };
    await expect(load({ DATABASE_MAX_ATTEMPTS: '4' })).resolves.toBe('4');
    await expect(load({ DATABASE_MAX_ATTEMPTS: '4x' })).rejects.toThrow(
      /DATABASE_MAX_ATTEMPTS:? must be an integer/,
    );
  });
});
