import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Results } from '../results.js';
import { documentOf } from './document-of.js';
import { html } from '../../kit/report/html.js';
import { markdown } from '../../kit/report/markdown.js';

/** Writes a report into a folder. @returns what to say about it on the terminal */
export async function writeReport(results: Results, folder: string): Promise<string> {
  const document = documentOf(results);
  await mkdir(folder, { recursive: true });
  const files = {
    'report.html': html(document),
    'report.md': markdown(document),
    'report.json': `${JSON.stringify(results, undefined, 1)}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return `${markdown({ ...document, sections: document.sections.slice(0, 2) })}\n${Object.keys(files)
    .map((name) => join(folder, name))
    .join('\n')}`;
}
