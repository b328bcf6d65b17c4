/**
 * Writes the contracts, events, routes and migrations of modules as files that other languages read, and the Python types of
 * them; or checks that the files are those of the code. Node runs this file as it is: erasable syntax only.
 *
 *   npm run contracts -- export | check
 */
import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { manifests, moduleData, runtimes } from '@tearline/modules';
import { runScript, script } from '@tearline/process';
import { exportContract } from './contracts/export-contract.ts';
import { exportMigrations } from './contracts/export-migrations.ts';
import { exportRoutes } from './contracts/export-routes.ts';
import { differencesOf, FOLDER, writeFiles } from './contracts/files.ts';
import { pythonTypes } from './contracts/python-types.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Returns the text of every file, by its path from the root of the repository. */
async function exportedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const contracts = new Map(
    manifests.map((manifest) => [manifest.name, exportContract(manifest, manifests)]),
  );
  for (const [index, manifest] of manifests.entries()) {
    const { name, uses } = manifest;
    const contract = contracts.get(name)!;
    files.set(`${FOLDER}/${name}/contract.json`, toText(contract));
    files.set(`${FOLDER}/${name}/openapi.json`, toText(await exportRoutes(manifest)));
    if (!runtimes.fastapi.includes(name)) continue;
    for (const [file, sql] of await exportMigrations(moduleData[index]!))
      files.set(`${FOLDER}/${name}/migrations/${file}`, sql);
    const used = uses.map((each) => contracts.get(each.name)!);
    files.set(`apps/${name}-fastapi/${name}/contracts.py`, pythonTypes(contract, used));
  }
  return files;
}

const toText = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

async function run(action: 'export' | 'check'): Promise<void> {
  const files = await exportedFiles();
  if (action === 'check') {
    const differences = differencesOf(files, ROOT);
    if (differences.length > 0)
      throw new Error(
        `${differences.join('\n')}\nrun \`npm run contracts -- export\`, and commit what it writes`,
      );
    return;
  }
  for (const file of writeFiles(files, ROOT)) process.stdout.write(`${file}\n`);
}

const command = script('contracts')
  .description('Contracts, events, routes and migrations as files for other languages, in contracts/.')
  .helpCommand(false);
command
  .command('export')
  .description('writes the files that differ, and prints their names')
  .action(() => run('export'));
command
  .command('check')
  .description('fails when a file is not what the code says')
  .action(() => run('check'));
process.exitCode = await runScript(command);
