import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './tree.js';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const documents = globSync(['*.md', 'docs/**/*.md', '{apps,libs}/*/README.md', 'examples/**/*.md'], {
  cwd: root,
  exclude: ['docs/api/**'],
});
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1]!);
const unique = (names: string[]) => [...new Set(names)].toSorted();

/** What GitHub makes of a heading for links to it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe.each(documents)('%s', (document) => {
  it('links to what is there', () => {
    const links = all(read(document), /\]\((?!\w+:)([^)\s]+)\)/g);
    const broken = links.filter((link) => {
      const [path, anchor] = link.split('#') as [string, string?];
      const target = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(root, target))) return true;
      return (
        anchor !== undefined &&
        !all(read(target), /^#+ (.+)$/gm)
          .map(anchorOf)
          .includes(anchor)
      );
    });
    expect(broken).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = all(read(document), /npm run (?:--silent )?([a-z][\w:-]*)/g);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

it('every decision is listed', () => {
  const pages = globSync('docs/adr/[0-9]*.md', { cwd: root }).map((file) => file.slice('docs/adr/'.length));
  expect(unique(all(read('docs/adr/README.md'), /\]\((\d{4}-[^)]+)\)/g))).toEqual(pages.toSorted());
});

it('the API reference follows the TSDoc (npm run docs:api)', { timeout: 120_000 }, () => {
  const out = mkdtempSync(join(tmpdir(), 'tearline-api-'));
  try {
    const typedoc = join(root, 'node_modules/typedoc/bin/typedoc');
    const options = ['--logLevel', 'Error', '--tsconfig', 'tsconfig.typedoc.json', '--out', out];
    execFileSync(process.execPath, [typedoc, ...options], { cwd: root });
    expect(readFileSync(join(out, 'seam.md'), 'utf8')).toBe(read('docs/api/seam.md'));
  } finally {
    rmSync(out, { recursive: true });
  }
});
