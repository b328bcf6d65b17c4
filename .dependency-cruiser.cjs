// The house rules, as patterns over folders: a new module or lib is held to them from its first file on. `$1` is the room
// that the importing file lies in. Each rule has a fixture that breaks it, in test/architecture/fixtures/<its name>.

const testing = '[.](spec|fixture)[.]ts$';
const anyContract = '^libs/modules/[^/]+/src/contract[.]ts$';
const registry = '^libs/modules/src/index[.]ts$';
const seamDoor = '^libs/seam/src/index[.]ts$';
const settingsDoor = '^libs/settings/src/index[.]ts$';
const anySettings = '^libs/modules/[^/]+/src/[^/]+[.]settings[.]ts$';
const packages = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const floors = [
  {
    name: 'seam-is-the-ground',
    comment: 'Everything stands on the seam, which stands on nothing of Tearline.',
    from: { path: '^libs/seam/' },
    to: { path: '^libs/', pathNot: '^libs/seam/' },
  },
  {
    name: 'seam-needs-few-packages',
    comment: 'An app that uses only the seam installs Nest, zod and cockatiel; everything else is a port.',
    from: { path: '^libs/seam/', pathNot: testing },
    to: {
      path: packages('[^/]+'),
      pathNot: packages('@nestjs/[^/]+', 'zod', 'cockatiel', 'rxjs', 'reflect-metadata'),
    },
  },
  {
    name: 'libs-stand-on-the-seam',
    comment:
      'A lib between the seam and the modules knows the seam, not its neighbours and nothing above; its tests may.',
    from: { path: '^libs/(?!seam/|modules/|composition/)([^/]+)/', pathNot: testing },
    to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/seam/', settingsDoor] },
  },
  {
    name: 'modules-know-contracts',
    comment: 'Of another module, a module knows the contract. That is what lets it move to another process.',
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
];

const doors = [
  {
    name: 'modules-have-two-doors',
    comment:
      'From outside, a module is its index.ts (for who runs it) and its contract.ts (for who asks it).',
    from: { pathNot: '^libs/modules/(?!src/)' },
    to: { path: '^libs/modules/', pathNot: ['^libs/modules/[^/]+/src/(index|contract)[.]ts$', registry] },
  },
  {
    name: 'libs-have-one-door',
    comment: 'From outside, a lib is its index.ts.',
    from: { path: '^(libs/modules/[^/]+|libs/[^/]+|[^/]+)/' },
    to: { path: '^libs/(?!modules/)', pathNot: ['^$1/', '^libs/[^/]+/src/index[.]ts$'] },
  },
  {
    name: 'contracts-load-nothing',
    comment:
      'Who asks a module compiles and runs without it, so a contract needs the seam, zod and contracts alone.',
    from: { path: anyContract },
    to: { pathNot: [anyContract, seamDoor, packages('zod')] },
  },
  {
    name: 'manifests-load-lazily',
    comment:
      'A host reads every manifest to decide what to run; only what it runs may be loaded, by import().',
    from: { path: '^libs/modules/[^/]+/src/index[.]ts$' },
    to: { dynamic: false, dependencyTypesNot: ['type-only'], pathNot: [anyContract, anySettings, seamDoor] },
  },
  {
    name: 'settings-load-nothing',
    comment:
      'Apps read the settings of every module, so a declaration needs zod and @tearline/settings alone.',
    from: { path: anySettings },
    to: {
      dependencyTypesNot: ['type-only', 'core'],
      pathNot: [settingsDoor, packages('zod')],
    },
  },
  {
    name: 'aliases-name-doors',
    comment: "@tearline/… names an entry point in a library's package.json; nothing behind one has a name.",
    from: {},
    to: { path: '^@tearline/', couldNotResolve: true },
  },
];

const hygiene = [
  {
    name: 'no-cycles',
    comment: 'Files that import each other cannot be read, tested or moved one at a time.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'everything-resolves',
    comment: 'An import that leads nowhere would escape every other rule.',
    from: {},
    to: { couldNotResolve: true, pathNot: '^@tearline/' },
  },
  {
    name: 'production-knows-no-tests',
    comment: 'Tests and measurements look at the code, never the other way round.',
    from: { path: '^(apps|libs)/', pathNot: testing },
    to: { path: ['^(measure|examples|test)/', testing] },
  },
  {
    name: 'dependencies-are-declared',
    comment: 'A package that another one happens to bring may be gone tomorrow.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'production-needs-no-dev-dependencies',
    comment: 'What runs in production is installed there with `npm ci --omit=dev`.',
    from: { path: '^(apps|libs)/', pathNot: testing },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: packages('@types') },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...floors, ...doors, ...hygiene].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: ['^test/architecture/fixtures/', '^dist/', '^libs/[^/]+/dist/', '^libs/modules/[^/]+/dist/'],
    },
    // Versions stand in the root's package.json, for all libraries.
    combinedDependencies: true,
    // Types are part of what a file knows; without this, `import type` would open every door.
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
