// The command `tearline init` as a schematic: the same changes, written to the tree of the schematics. The package is made of ES
// modules, which schematics cannot require.

exports.init = () => async (tree, context) => {
  const { initInto } = await import('../dist/codemods/init/init-into.js');
  await initInto(tree, process.cwd(), context.logger);
};
