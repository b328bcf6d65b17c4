// `nest add @tearline/seam`: installs the package tearline, whose schematic `init` then makes the changes. Tasks are plain objects,
// so that the seam does not depend on schematics. The task to install takes no options for the package manager; it puts the name into its
// command line, and -D is what npm, pnpm, yarn and bun all know.

const { version } = require('../package.json');

const install = {
  name: 'node-package',
  options: { command: 'install', packageName: `-D tearline@${version}`, hideOutput: true },
};
const init = { name: 'run-schematic', options: { collection: 'tearline', name: 'init', options: {} } };
const task = (configuration) => ({ toConfiguration: () => configuration });

exports.nestAdd = () => (tree, context) => {
  const { devDependencies = {}, dependencies = {} } = JSON.parse(
    tree.read('package.json')?.toString() ?? '{}',
  );
  const isInstalled = 'tearline' in devDependencies || 'tearline' in dependencies;
  const before = isInstalled ? [] : [context.addTask(task(install))];
  context.addTask(task(init), before);
  return tree;
};
