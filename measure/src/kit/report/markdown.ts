import { table } from './table.js';
import type { Document, Part } from './document.js';

export function markdown({ title, sections }: Document): string {
  const parts = sections.flatMap((section) => [`## ${section.title}`, ...section.parts.flatMap(partOf)]);
  return `${[`# ${title}`, ...parts].join('\n\n')}\n`;
}

function partOf(part: Part): string[] {
  if (typeof part === 'string') return [part];
  return 'rows' in part ? [table(part.head, part.rows)] : [];
}
