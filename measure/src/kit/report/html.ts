import { escape, legend, svg } from './charts.js';
import { diagramSvg } from './diagram.js';
import type { Document, Part } from './document.js';
import { STYLE } from './style.js';

/** Returns a self-contained page. */
export function html({ title, sections }: Document): string {
  const body = sections.map(
    (section) =>
      `<section${section.tone ? ` class="${section.tone}"` : ''}><h2>${escape(section.title)}</h2>\n${section.parts.map(partOf).join('\n')}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${body.join('\n')}
</main>
</body>
</html>
`;
}

function partOf(part: Part): string {
  if (typeof part === 'string') return `<p>${formatted(part)}</p>`;
  if ('rows' in part) {
    const head = part.head.map((cell) => `<th>${escape(cell)}</th>`).join('');
    const rows = part.rows.map(
      (row) => `<tr>${row.map((cell) => `<td>${formatted(cell)}</td>`).join('')}</tr>`,
    );
    return `<div class="wide"><table${part.isText ? ' class="text"' : ''}><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
  }
  if ('boxes' in part)
    return `<figure><figcaption>${escape(part.title)}</figcaption>${diagramSvg(part)}</figure>`;
  const caption = `${escape(part.title)}${part.unit && ` <small>(${escape(part.unit)})</small>`}`;
  return `<figure><figcaption>${caption}</figcaption>${legend(part)}${svg(part)}</figure>`;
}

/** Escapes text, and formats `code` and **bold text**. */
const formatted = (text: string) =>
  escape(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');
