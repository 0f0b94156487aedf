const withCoverage = process.env.COVERAGE === '1';

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/lib', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  // The first need a build: npm run test:samples. The contract of a replica starts a process for each fact: REPLICA_CONTRACT=reads, or all.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/package/',
    ...(process.env.REPLICA_CONTRACT ? [] : ['<rootDir>/test/contract/sqld-replica']),
  ],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['js', 'mjs', 'cjs', 'ts', 'json', 'node'],
  moduleNameMapper: {
    '^nestjs-turso$': '<rootDir>/lib/index.ts',
    '^nestjs-turso/package\\.json$': '<rootDir>/package.json',
    '^nestjs-turso/(.*)$': '<rootDir>/lib/$1/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '^.+\\.ts$': '@swc/jest' },
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  reporters: ['default', '<rootDir>/test/support/totals-reporter.js'],
  testTimeout: 30_000,
  // one more than the cores of a small machine: tests wait for servers, processes and deadlines much of their time
  maxWorkers: 3,
  collectCoverage: withCoverage,
  // The facts of the contract are tests, whose every line would count as covered.
  // The command and what only it calls run in processes of their own (test/cli), which the counter does not see.
  collectCoverageFrom: [
    'lib/**/*.ts',
    '!lib/testing/contract/*.facts.ts',
    '!lib/cli/**',
    '!lib/transfer/doctor/**',
    '!lib/transfer/read-status.ts',
  ],
  // Not v8: it counts comments as covered lines and a file of types alone as wholly uncovered.
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'lcov'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
};
