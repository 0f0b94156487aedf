import { existsSync } from 'node:fs';
import base from './jest.config.js';

const {
  '^nestjs-turso$': _index,
  '^nestjs-turso/(.*)$': _entries,
  ...moduleNameMapper
} = base.moduleNameMapper;

/** The samples and the package as a user meets them: built, through the package's own exports. */
export default {
  ...base,
  roots: ['test', 'sample']
    .filter((folder) => existsSync(new URL(folder, import.meta.url)))
    .map((folder) => `<rootDir>/${folder}`),
  testMatch: ['<rootDir>/sample/**/*.spec.ts', '<rootDir>/test/package/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  moduleNameMapper: {
    '^nestjs-turso$': '<rootDir>/dist/index.js',
    '^nestjs-turso/package\\.json$': '<rootDir>/package.json',
    '^nestjs-turso/(.*)$': '<rootDir>/dist/$1/index.js',
    ...moduleNameMapper,
  },
  collectCoverage: false,
  testTimeout: 60_000,
};
