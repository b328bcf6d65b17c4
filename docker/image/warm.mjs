// Compiles, while the image is built, what the app would compile at each start. The cache is found again by the same
// user, at the same paths, on the same Node.js.
import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

const [app] = process.argv.slice(2);
await import('reflect-metadata');
for (const file of readdirSync(`dist/apps/${app}/src`))
  if (file.endsWith('.js') && file !== 'main.js') await import(`./dist/apps/${app}/src/${file}`);
const { manifests, moduleData } = await import('@tearline/modules');
for (const [index, manifest] of manifests.entries())
  // One that misses its settings as it is loaded has been compiled by then.
  await Promise.allSettled([manifest.load(), moduleData[index].migrations()]);
flushCompileCache();
process.exit();
