/**
 * Generates the skeleton of a module, as `nest generate` does: `npm run new -- module polls`. The files in
 * `tools/new/module` are that module; other names replace its own. Node runs this file as it is: erasable syntax only.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runScript, script, UsageError } from '@tearline/process';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TEMPLATES = fileURLToPath(new URL('new/module', import.meta.url));
const REGISTRY = 'libs/modules/src/index.ts';
/** Folders in libs/modules, schemas of PostgreSQL and of the queues, hosts of topologies, and words that SQL reserves. */
const RESERVED =
  /^(src|dist|pg\w*|public|information|bullmq|queues|app|workers|tables|columns|grants|references|constraints|analyses)$/;

interface NewModule {
  readonly name: string;
  readonly singular: string;
}

/** Returns the generated files, by path from the root of the repository, with the changed registry last. */
function filesOf({ name, singular }: NewModule, root: string, now = Date.now()): Map<string, string> {
  const replaced = (text: string) =>
    text.replaceAll('1000000000000', String(now)).replaceAll(/polls|poll|Polls|Poll/g, (word) => {
      const replacement = word.endsWith('s') ? name : singular;
      return word.startsWith('P') ? capitalized(replacement) : replacement;
    });
  const files = new Map<string, string>();
  for (const template of globSync('**/*.template', { cwd: TEMPLATES }).toSorted()) {
    const text = readFileSync(join(TEMPLATES, template), 'utf8');
    files.set(`libs/modules/${name}/${replaced(template.replace(/\.template$/, ''))}`, replaced(text));
  }
  const registry = readFileSync(join(root, REGISTRY), 'utf8');
  files.set(REGISTRY, registry.replace(/^\]\);$/m, `  import('@tearline/modules/${name}'),\n]);`));
  return files;
}

/** @throws UsageError when the name is invalid or taken */
function newModule(name: string, singular: string | undefined, root: string): NewModule {
  const one = singular ?? name.replace(/ies$/, 'y').replace(/s$/, '');
  for (const word of [name, one])
    if (!/^[a-z][a-z0-9]{1,23}$/.test(word))
      throw new UsageError(`name: expected 2 to 24 lower-case letters and digits, e.g. polls, got '${word}'`);
  if (one === name)
    throw new UsageError(
      `name: expected a plural, e.g. polls, got '${name}'; or name one of them with --singular`,
    );
  if (RESERVED.test(name)) throw new UsageError(`name: '${name}' is reserved; choose another`);
  if (existsSync(join(root, 'libs/modules', name)))
    throw new UsageError(`name: the module '${name}' exists, in libs/modules/${name}; choose another`);
  return { name, singular: one };
}

const capitalized = (word: string) => word[0]!.toUpperCase() + word.slice(1);

export function newCommand(root: string, output?: Parameters<typeof script>[1]) {
  const command = script('new', output).description('Generates code.').helpCommand(false);
  const print = (text: string) => command.configureOutput().writeOut?.(text);
  command
    .command('module')
    .description(
      `Generates a module in libs/modules/<name> (contract, manifest, migration, entity, service, controller, handler, event
and tests) and adds its line to the registry, ${REGISTRY}.`,
    )
    .argument('<name>', 'the plural of what the module owns, e.g. polls')
    .option('--singular <word>', 'the singular of the name, when it is not the name without its s')
    .option('--dry-run', 'lists the files, and writes none')
    .action((name: string, { singular, dryRun }: { singular?: string; dryRun?: true }) => {
      for (const [file, text] of filesOf(newModule(name, singular, root), root)) {
        print(`${file === REGISTRY ? 'update' : 'create'} ${file}\n`);
        if (dryRun) continue;
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
      }
      if (!dryRun)
        print(
          `\nNext: npm run check && npm test -- ${name} modules.spec; docs/guide/modules.md goes through the files.\n`,
        );
    });
  return command;
}

if (import.meta.main) process.exitCode = await runScript(newCommand(ROOT));
