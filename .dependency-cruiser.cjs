/**
 * The floors of lib/: imports go down only. A folder may import from its own floor unless a rule below says otherwise.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const floors = [
  ['contract', 'errors', 'sql', 'async'],
  ['options'],
  ['drivers', 'connection', 'schema', 'transfer'],
  ['database'],
  ['nest'],
  ['testing', 'kysely', 'cls', 'otel', 'cli'],
];

const inFolders = (folders) => `^lib/(${folders.join('|')})/`;

const floorRules = floors.slice(0, -1).map((folders, floor) => ({
  name: `floor-${floor}-imports-down`,
  comment: `${folders.join(', ')} may not import from a floor above`,
  severity: 'error',
  from: { path: inFolders(folders) },
  to: { path: inFolders(floors.slice(floor + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    {
      name: 'every-folder-has-a-floor',
      severity: 'error',
      from: {},
      to: { path: '^lib/[^/]+/', pathNot: inFolders(floors.flat()) },
    },
    {
      name: 'nobody-imports-the-index',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/index\\.ts$' },
    },
    {
      name: 'index-stands-on-floor-4',
      comment: 'Optional entry points are loaded by who asks for them',
      severity: 'error',
      from: { path: '^lib/index\\.ts$' },
      to: { path: inFolders(floors.at(-1)) },
    },
    {
      name: 'schema-knows-the-contract-alone',
      comment: 'Migrations run on any driver connection, wrapped or not',
      severity: 'error',
      from: { path: '^lib/schema/' },
      to: { path: '^lib/(drivers|connection)/' },
    },
    {
      name: 'transfer-is-not-known-to-its-floor',
      comment: 'It moves data out of databases: what opens them does not need it',
      severity: 'error',
      from: { path: '^lib/(drivers|connection|schema)/' },
      to: { path: '^lib/transfer/' },
    },
    {
      name: 'drivers-do-not-know-connection',
      severity: 'error',
      from: { path: '^lib/drivers/' },
      to: { path: '^lib/connection/' },
    },
    {
      name: 'connection-does-not-know-drivers',
      severity: 'error',
      from: { path: '^lib/connection/' },
      to: { path: '^lib/drivers/' },
    },
    {
      name: 'drivers-do-not-know-each-other',
      comment: 'Only drivers/replica puts other drivers together',
      severity: 'error',
      from: { path: '^lib/drivers/([^/]+)/', pathNot: '^lib/drivers/replica/' },
      to: { path: '^lib/drivers/([^/]+)/', pathNot: '^lib/drivers/$1/' },
    },
    {
      name: 'drivers-do-not-know-who-chooses',
      severity: 'error',
      from: { path: '^lib/drivers/', pathNot: '^lib/drivers/replica/' },
      to: { path: '^lib/drivers/create-driver\\.ts$' },
    },
    {
      name: 'drivers-are-loaded-when-chosen',
      comment: 'create-driver.ts reaches a driver by a dynamic import, so that an unused one is never loaded',
      severity: 'error',
      from: { path: '^lib/(index\\.ts$|drivers/[^/]+\\.ts$|(connection|schema|database|nest|kysely|cls)/)' },
      to: { path: '^lib/drivers/[^/]+/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'optional-entries-stand-alone',
      comment: 'Each optional entry point is loadable alone',
      severity: 'error',
      from: { path: `^lib/(${floors.at(-1).join('|')})/` },
      to: { path: inFolders(floors.at(-1)), pathNot: '^lib/$1/' },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved-import',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-dependency',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer', 'type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.d.ts'],
    },
  },
};
