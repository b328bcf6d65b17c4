export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Returns a page of the host, with its style in it. `body` is HTML. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<main>
${body}
</main>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent);
  --soft: color-mix(in srgb, currentColor 6%, transparent); --ready: #1a8f4c; --busy: #b36b00; --down: #cc2936 }
@media (prefers-color-scheme: dark) { :root { --ready: #4cc987; --busy: #f0ad4e; --down: #ff6b74 } }
body { font: 16px/1.6 system-ui, sans-serif; margin: 0 }
main { max-width: 58rem; margin: 6vh auto; padding: 0 1.25rem; overflow-wrap: break-word }
h1 { font-size: 1.9rem; margin: 0; letter-spacing: -.02em }
h1 small { font-size: .9rem; font-weight: 400; opacity: .65; letter-spacing: 0 }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem }
hr { border: 0; border-top: 2px dashed var(--line); margin: 1.25rem 0 }
a { color: inherit; text-underline-offset: .2em }
pre, code { font-family: ui-monospace, monospace; font-size: .85rem; background: var(--soft); border-radius: .3rem }
code { padding: .1rem .3rem } pre { padding: 1rem; overflow-x: auto } pre code { padding: 0; background: none }
img { max-width: 100%; height: auto }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 0 } dd { margin: 0; opacity: .75 }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
.edge { display: table; margin: 0 auto; padding: .25rem 1.25rem; border: 1px solid var(--line); border-radius: 2rem }
.edge + .hosts::before { content: ""; position: absolute; left: 50%; top: -1rem; height: 1rem; border-left: 2px dotted var(--line) }
.hosts { position: relative; display: grid; gap: 1rem; margin-top: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)) }
.host { border: 2px dashed var(--line); border-radius: .6rem; padding: .75rem }
.host header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 .75rem; margin-bottom: .6rem }
.host ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr)) }
.host li { background: var(--soft); border-radius: .4rem; padding: .45rem .65rem; line-height: 1.35 }
.host li small { display: block; opacity: .75 }
.remote { border-bottom: 2px dotted }
.state::before { content: "●"; margin-right: .35em }
.ready { color: var(--ready) } .busy { color: var(--busy) } .down { color: var(--down) }
.note { font-size: .85rem; opacity: .75; margin: .6rem 0 0 }
.hint { border-left: 3px solid var(--busy); padding: .1rem 1rem; margin: 1.5rem 0 }
#stale { display: none; color: var(--down) } .stale #stale { display: block } .stale .hosts { opacity: .4 }
`;
