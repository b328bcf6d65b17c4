import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document, Section } from '../../kit/report/document.js';
import { html } from '../../kit/report/html.js';
import { markdown } from '../../kit/report/markdown.js';
import type { Results } from '../results.js';
import { noiseWarnings } from '../verdict/summary.js';
import { environmentSection } from './sections/environment.js';
import { figuresSection } from './sections/figures.js';
import { stageSections } from './sections/stages.js';
import { topologiesSection } from './sections/topologies.js';
import { verdictSection } from './sections/verdict.js';

/** Writes the report into a folder. @returns the part of it for the terminal */
export async function writeReport(results: Results, folder: string): Promise<string> {
  const document = reportOf(results);
  await mkdir(folder, { recursive: true });
  const files = {
    'report.html': html(document),
    'report.md': markdown(document),
    'report.json': `${JSON.stringify(results, undefined, 1)}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const paths = Object.keys(files).map((name) => join(folder, name));
  return `${markdown({ ...document, sections: document.sections.slice(0, 2) })}\n${paths.join('\n')}`;
}

/** Returns the report of a run: a warning if it was too noisy, the verdict, then the figures of each stage. */
export function reportOf(results: Results): Document {
  const [baseline, ...others] = results.topologies.map(({ name }) => name);
  const sections = [
    warningSection(results),
    verdictSection(results),
    topologiesSection(results),
    figuresSection(results),
    ...stageSections(results),
    environmentSection(results),
  ];
  return {
    title: others.length > 0 ? `${baseline} against ${others.join(' and ')}` : baseline!,
    sections: sections.filter((section) => section !== undefined),
  };
}

function warningSection(results: Results): Section | undefined {
  const warnings = noiseWarnings(results);
  if (warnings.length === 0) return undefined;
  const text = 'This machine was too noisy: another run may differ. Do not quote these figures.';
  return {
    title: 'Too noisy',
    tone: 'warning',
    parts: [`**${text}**`, ...warnings],
  };
}
