// The architecture rules, as patterns over folders, so that they cover a new module or library from its first file on.
// `$1` is the folder of the importing file. Each rule has a fixture that breaks it: test/architecture/fixtures/<its name>.

const testing = '[.](spec|fixture)[.]ts$';
const anyContract = '^libs/modules/[^/]+/src/contract[.]ts$';
const seamFixtures = '^libs/seam/src/placement/[^/]+[.]fixture[.]ts$';
const registry = '^libs/modules/src/index[.]ts$';
const seamEntryPoint = '^libs/seam/src/index[.]ts$';
/** For applications that have class-validator, which is no dependency of the seam. */
const classValidatorEntryPoint = '^libs/seam/src/class-validator[.]ts$';
/** For processes that a module starts for bulk work, which load nothing else. */
const bulkTasksEntryPoint = '^libs/host/src/bulk/bulk-tasks[.]ts$';
const settingsEntryPoint = '^libs/settings/src/index[.]ts$';
const anySettings = '^libs/modules/[^/]+/src/[^/]+[.]settings[.]ts$';
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const layers = [
  {
    name: 'seam-imports-no-library',
    comment: 'The seam is the lowest layer: every library may import it, and it imports none.',
    from: { path: '^libs/seam/' },
    to: { path: '^libs/', pathNot: '^libs/seam/' },
  },
  {
    name: 'seam-needs-few-packages',
    comment: 'An app that uses only the seam installs Nest, and zod if it likes; everything else is a port.',
    from: { path: '^libs/seam/', pathNot: [testing, classValidatorEntryPoint] },
    to: {
      path: packages('[^/]+'),
      pathNot: packages('@nestjs/[^/]+', 'zod', 'rxjs', 'reflect-metadata'),
    },
  },
  {
    name: 'seam-loads-without-zod',
    comment: 'zod is an optional peer: contracts of types alone work where it is not installed.',
    from: { path: '^libs/seam/', pathNot: testing },
    to: { path: packages('zod'), dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'libraries-import-only-the-seam',
    comment: 'A library imports the seam and the settings, no other library and no module; its tests may.',
    from: { path: '^libs/(?!seam/|modules/|composition/)([^/]+)/', pathNot: testing },
    to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/seam/', settingsEntryPoint] },
  },
  {
    name: 'modules-know-contracts',
    comment: 'A module imports only the contracts of other modules, so that it can move to another process.',
    from: { path: '^libs/modules/(?!src/)([^/]+)/' },
    to: { path: '^libs/modules/', pathNot: ['^libs/modules/$1/', anyContract, registry] },
  },
  {
    name: 'composition-knows-no-module',
    comment: 'The composition wires the libs of any host; the app passes the modules.',
    from: { path: '^libs/composition/' },
    to: { path: '^libs/modules/' },
  },
  {
    name: 'composition-is-for-apps',
    comment: 'A module that composed a host could run in one placement only.',
    from: { path: '^(libs/modules|examples)/' },
    to: { path: '^libs/composition/' },
  },
  {
    name: 'monitoring-is-for-commands',
    comment:
      'Dashboards are generated on a machine with the development dependencies, which a host in production does not have.',
    from: { path: '^(libs|apps|examples)/', pathNot: ['^libs/monitoring/', '^apps/(compose|topology)/'] },
    to: { path: '^libs/monitoring/' },
  },
  {
    name: 'registry-is-for-apps',
    comment:
      'The registry imports every module: a module that used it would depend on all. Only apps, tests and measurements do.',
    from: { path: '^(libs/modules/(?!src/)[^/]+|examples)/' },
    to: { path: registry },
  },
  {
    name: 'nothing-knows-an-app',
    comment:
      'Apps compose libraries and modules. No library and no other app imports an app; tests may import any.',
    from: { path: '^(apps/[^/]+|libs)/' },
    to: { path: '^apps/', pathNot: '^$1/' },
  },
  {
    name: 'tearline-stands-alone',
    comment:
      'The package tearline is installed without this repository, and works on applications with other libraries.',
    from: { path: '^apps/tearline/', pathNot: testing },
    to: {
      pathNot: ['^apps/tearline/', packages('commander', 'diff', 'ts-morph')],
      dependencyTypesNot: ['core'],
    },
  },
];

const entryPoints = [
  {
    name: 'modules-have-two-entry-points',
    comment: 'A module exports its index.ts for hosts and its contract.ts for callers, and no other file.',
    from: { pathNot: '^libs/modules/(?!src/)' },
    to: { path: '^libs/modules/', pathNot: ['^libs/modules/[^/]+/src/(index|contract)[.]ts$', registry] },
  },
  {
    name: 'libraries-have-one-entry-point',
    comment:
      'A library exports its index.ts, and no other file. The seam in Python passes the specs of the seam, by their fixtures.',
    from: { path: '^(libs/modules/[^/]+|libs/[^/]+|[^/]+)/' },
    to: {
      path: '^libs/(?!modules/)',
      pathNot: ['^$1/', '^libs/[^/]+/src/index[.]ts$', bulkTasksEntryPoint, seamFixtures],
    },
  },
  {
    name: 'contracts-load-nothing',
    comment:
      'A caller compiles and runs without the module, so a contract imports only the seam, zod and other contracts.',
    from: { path: anyContract },
    to: { pathNot: [anyContract, seamEntryPoint, packages('zod')] },
  },
  {
    name: 'manifests-load-lazily',
    comment: 'A host reads every manifest to decide what to run, so a manifest loads its module by import().',
    from: { path: '^libs/modules/[^/]+/src/index[.]ts$' },
    to: {
      dynamic: false,
      dependencyTypesNot: ['type-only'],
      pathNot: [anyContract, anySettings, seamEntryPoint],
    },
  },
  {
    name: 'settings-load-nothing',
    comment:
      'Apps read the settings of every module, so a declaration imports only zod and @tearline/settings.',
    from: { path: anySettings },
    to: {
      dependencyTypesNot: ['type-only', 'core'],
      pathNot: [settingsEntryPoint, packages('zod')],
    },
  },
  {
    name: 'aliases-name-entry-points',
    comment: "@tearline/… names an entry point in a library's package.json, and no other file.",
    from: {},
    to: { path: '^@tearline/', couldNotResolve: true },
  },
];

const hygiene = [
  {
    name: 'no-cycles',
    comment:
      'Files that import each other cannot be read, tested or moved one at a time. An adopter’s first contract takes its types ' +
      'from the service, until it has schemas.',
    from: { pathNot: '^examples/adopt/after/stock/' },
    to: { circular: true },
  },
  {
    name: 'everything-resolves',
    comment: 'An import that does not resolve would escape every other rule.',
    from: {},
    to: { couldNotResolve: true, pathNot: '^@tearline/' },
  },
  {
    name: 'production-knows-no-tests',
    comment: 'Tests and measurements import production code, never the reverse.',
    from: { path: '^(apps|libs)/', pathNot: testing },
    to: { path: ['^(measure|examples|test)/', testing] },
  },
  {
    name: 'dependencies-are-declared',
    comment: 'A transitive package may disappear with any update.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'production-needs-no-dev-dependencies',
    comment: 'Production installs with `npm ci --omit=dev`.',
    from: { path: '^(apps|libs)/', pathNot: [testing, classValidatorEntryPoint, '^libs/monitoring/'] },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: packages('@types') },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...layers, ...entryPoints, ...hygiene].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: [
        '^test/architecture/fixtures/',
        '^test/packages/consumers/',
        '^dist/',
        '^libs/[^/]+/dist/',
        '^libs/modules/[^/]+/dist/',
        '^apps/[^/]+/dist/',
      ],
    },
    // Versions stand in the root's package.json, for all libraries.
    combinedDependencies: true,
    // Type imports are dependencies, too: without this, `import type` would escape every rule.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@tearline/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.node', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
