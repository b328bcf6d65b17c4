import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';
import { strayDeclarations } from './declarations.js';
import { entryPointsOf, foldersIn, root } from './tree.js';

const config = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as IConfiguration;
const rules = config.forbidden!.map(({ name }) => name!);
/** A rule about what is imported by name, which dependency-cruiser does not look at. */
const declarations = 'declarations-in-contracts';
const fixtures = join(root, 'test/architecture/fixtures');

interface Violation {
  rule: string;
  file: string;
}

/** Returns the violations in a tree whose entry points have the names of the real ones. */
async function violationsIn(tree: string): Promise<Violation[]> {
  // A fixture has a package.json only where its rule is about packages.
  const { tsConfig: _, combinedDependencies: __, ...options } = config.options!;
  const alias = Object.entries(entryPointsOf(tree)).map(([name, file]) => [`${name}$`, join(tree, file)]);
  const { output } = await cruise(
    foldersIn(tree),
    {
      ...options,
      baseDir: tree,
      validate: true,
      ruleSet: { forbidden: config.forbidden! },
    },
    { alias: Object.fromEntries(alias) as Record<string, string>, bustTheCache: true },
  );
  return (output as ICruiseResult).summary.violations.map(({ rule, from }) => ({
    rule: rule.name,
    file: from,
  }));
}

/** One violation for each line of the fixture that ends in `// broken`. */
function expectedIn(tree: string, rule: string): Violation[] {
  return globSync('**/*.ts', { cwd: tree }).flatMap((file) =>
    readFileSync(join(tree, file), 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('// broken'))
      .map(() => ({ rule, file })),
  );
}

const sorted = (violations: Violation[]) => violations.map(({ rule, file }) => `${rule}: ${file}`).toSorted();

describe('the architecture rules', () => {
  it('are kept', { timeout: 180_000 }, async () => {
    const result = await promisify(execFile)('npm', ['run', '--silent', 'architecture'], { cwd: root }).catch(
      (error: { stdout: string }) => error,
    );
    expect(result.stdout).toContain('no dependency violations found');
  });

  it('have a fixture each', () => {
    expect(foldersIn(fixtures)).toEqual([...rules, declarations].toSorted());
  });

  it.each(rules)('%s is broken by the marked lines of its fixture and by no other', async (rule) => {
    const tree = join(fixtures, rule);
    const expected = expectedIn(tree, rule);
    expect(expected).not.toEqual([]);
    expect(sorted(await violationsIn(tree))).toEqual(sorted(expected));
  });

  it(`${declarations}: contracts and events are declared in a contract.ts alone`, () => {
    expect(strayDeclarations(root)).toEqual([]);
  });

  it(`${declarations} is broken by the marked lines of its fixture and by no other`, () => {
    const tree = join(fixtures, declarations);
    const found = strayDeclarations(tree);
    expect(sorted(found.map(({ file }) => ({ rule: declarations, file })))).toEqual(
      sorted(expectedIn(tree, declarations)),
    );
    expect(found.filter(({ line }) => !line.endsWith('// broken'))).toEqual([]);
  });
});
