/**
 * Makes the npm packages of this repository: `dist/packages/<name>-<version>.tgz`, and beside it the folder that it was packed
 * from. Nothing is published.
 *
 *   npm run package [-- [--output FOLDER] NAME …]     NAME is seam or tearline; both without one
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'tsdown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Builds a package in a folder. Returns the fields of its manifest that differ from those in this repository. */
type Build = (to: string, manifest: Manifest) => Promise<object>;

/** The packages, by the name that this command knows them by. */
const PACKAGES: Readonly<Record<string, { folder: string; build: Build }>> = {
  seam: { folder: 'libs/seam', build: bundleSeam },
  tearline: { folder: 'apps/tearline', build: copyCommands },
};

const USAGE = `usage: npm run package [-- [--output FOLDER] NAME …]

Makes the packages that are published, as dist/packages/NAME-VERSION.tgz. NAME is ${Object.keys(PACKAGES).join(' or ')}; without
one, all are made.
`;

interface Manifest {
  private?: boolean;
  files?: readonly string[];
  exports?: Readonly<Record<string, { '@tearline/source': string; default: string }>>;
}

/** One file for each format and each part that is loaded when it is needed, with one file of types for each format. */
async function bundleSeam(to: string, manifest: Manifest): Promise<object> {
  const entries = Object.entries(manifest.exports!).map(([path, { '@tearline/source': source }]) => ({
    path,
    name: basename(source, '.ts'),
    source,
  }));
  await build({
    config: false,
    cwd: join(ROOT, 'libs/seam'),
    entry: Object.fromEntries(entries.map(({ name, source }) => [name, source])),
    outDir: join(to, 'dist'),
    tsconfig: join(ROOT, 'tsconfig.json'),
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node22',
    dts: { sourcemap: false, compilerOptions: { stripInternal: true } },
    sourcemap: true,
    hash: false,
    fixedExtension: false,
    logLevel: 'error',
    // A file of its own, so that it is loaded before the packages that the seam imports. Types for CommonJS are made apart.
    outputOptions: (options, _, { cjsDts }) =>
      cjsDts
        ? options
        : { ...options, codeSplitting: { groups: [{ name: 'node-version', test: /node-version/ }] } },
  });
  for (const file of globSync('dist/*.d.{ts,cts}', { cwd: to })) excuseZod(join(to, file));
  cpSync(join(ROOT, 'libs/seam/schematics'), join(to, 'schematics'), { recursive: true });
  const parts = entries.filter(({ path }) => path !== '.');
  return {
    main: './dist/index.cjs',
    types: './dist/index.d.cts',
    exports: {
      ...Object.fromEntries(
        entries.map(({ path, name }) => [
          path,
          {
            import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
            require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
          },
        ]),
      ),
      './package.json': './package.json',
    },
    // For `moduleResolution: node10`, which does not know `exports`.
    ...(parts.length > 0 && {
      typesVersions: {
        '*': Object.fromEntries(parts.map(({ path, name }) => [path.slice(2), [`./dist/${name}.d.cts`]])),
      },
    }),
    sideEffects: ['./dist/node-version.*'],
    files: ['dist', 'schematics'],
  };
}

/** Types compile without `skipLibCheck` where zod, an optional peer, is not installed; its types are `any` then. */
function excuseZod(file: string): void {
  const types = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    types.replace(/^import .* from "zod";$/m, '// @ts-ignore: zod is an optional peer\n$&'),
  );
}

/** Commands are files that `npm run build` has compiled, one for each source. */
async function copyCommands(to: string): Promise<object> {
  const from = join(ROOT, 'apps/tearline');
  for (const folder of ['bin', 'dist', 'schematics'])
    cpSync(join(from, folder), join(to, folder), {
      recursive: true,
      filter: (file) => !basename(file).includes('.fixture.'),
    });
  return {};
}

async function makePackage(name: string, output: string): Promise<string> {
  const { folder, build } = PACKAGES[name]!;
  const stage = join(output, name);
  const readFrom = (file: string) => readFileSync(join(ROOT, folder, file), 'utf8');
  const manifest = JSON.parse(readFrom('package.json')) as Manifest;
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const published = { ...manifest, ...(await build(stage, manifest)), publishConfig: { access: 'public' } };
  delete published.private;
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  writeFileSync(join(stage, 'README.md'), readFrom('README.md'));
  const license = join(ROOT, folder, 'LICENSE');
  cpSync(existsSync(license) ? license : join(ROOT, 'LICENSE'), join(stage, 'LICENSE'));
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', output],
    { cwd: stage },
  );
  const [packed] = JSON.parse(stdout) as { filename: string; size: number; unpackedSize: number }[];
  const { filename, size, unpackedSize } = packed!;
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  return `${join(output, filename)}  ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}`;
}

const { values, positionals } = parseArgs({
  options: { output: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !(name in PACKAGES));
if (unknown !== undefined) process.stderr.write(`unknown package '${unknown}'\n`);
if (values.help || unknown !== undefined) {
  process.stderr.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const output = resolve(values.output ?? join(ROOT, 'dist/packages'));
for (const name of positionals.length > 0 ? positionals : Object.keys(PACKAGES))
  process.stdout.write(`${await makePackage(name, output)}\n`);
