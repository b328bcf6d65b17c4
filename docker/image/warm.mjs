// Compiles, while the image is built, what the app would compile at each start. The cache is found again by the same
// user, at the same paths, on the same Node.js.
import { existsSync, globSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

const [app] = process.argv.slice(2);
const isHost = existsSync(`dist/hosts/${app}.js`);
// Not the programs themselves, which would start.
const files = isHost
  ? globSync('dist/hosts/*-*.js').filter((file) => !/\/(monolith|service)-[^/]*$/.test(file))
  : globSync(`dist/apps/${app}/src/*.js`).filter((file) => !file.endsWith('/main.js'));
await import('reflect-metadata');
// One that misses its settings as it is loaded has been compiled by then.
for (const file of files) await import(`./${file}`).catch(() => undefined);
if (!isHost) {
  const { manifests, moduleData } = await import('@tearline/modules');
  for (const [index, manifest] of manifests.entries())
    await Promise.allSettled([manifest.load(), moduleData[index].migrations()]);
}
flushCompileCache();
process.exit();
