import { Marked } from 'marked';

/** Headings get the anchors that GitHub gives them, which the guide's links name. */
const marked = new Marked({
  renderer: {
    heading({ tokens, depth, text }) {
      const anchor = text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-');
      return `<h${depth} id="${anchor}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
  },
});

/** Returns the HTML of trusted Markdown: it may contain any HTML. */
export function markdownToHtml(text: string): string {
  return marked.parse(text, { async: false });
}
