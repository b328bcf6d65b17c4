import type { ModuleManifest } from '@tearline/seam';

/** Returns the page at the host's root address. `base` is that address as the browser sent it. */
export function landingPage(base: string, modules: readonly ModuleManifest[]): string {
  const at = escapeHtml(base);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tearline</title>
<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 10vh auto; padding: 0 1.25rem }
h1 { font-size: 1.9rem; margin: 0; letter-spacing: -.02em }
h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .08em; margin: 2.5rem 0 .6rem; opacity: .65 }
hr { border: 0; border-top: 2px dashed var(--line); margin: 1.25rem 0 }
ul { list-style: none; padding: 0; margin: 0 } li { padding: .3rem 0; border-bottom: 1px solid var(--line) }
li:last-child { border: 0 } a { color: inherit; text-underline-offset: .2em } span { opacity: .65 }
pre { background: color-mix(in srgb, currentColor 6%, transparent); padding: 1rem; border-radius: .5rem; overflow-x: auto; font-size: .85rem }
</style>
<h1>Tearline</h1>
<hr>
<p>A NestJS modular monolith that tears along the dotted line. This process serves the public RealWorld
(“Conduit”) API with the modules below.</p>
<h2>Where to go</h2>
<ul>
<li><a href="/docs">/docs</a> <span>the API reference, with a form for each request</span></li>
<li><a href="/docs-json">/docs-json</a> <span>the OpenAPI document</span></li>
<li><a href="/health/ready">/health/ready</a> <span>whether this process accepts requests</span></li>
<li><a href="/metrics">/metrics</a> <span>for Prometheus, which scrapes each process directly; nginx does not forward it</span></li>
</ul>
<h2>First calls</h2>
<pre>curl ${at}/api/articles

curl ${at}/api/users -H 'Content-Type: application/json' \\
  -d '{"user":{"username":"ada","email":"ada@example.com","password":"correct horse"}}'

curl ${at}/api/user -H 'Authorization: Token &lt;the token in the response&gt;'</pre>
<h2>Modules in this process</h2>
<ul>
${modules.map(moduleLine).join('\n')}
</ul>
</html>
`;
}

function moduleLine({ name, routes }: ModuleManifest): string {
  return `<li>${escapeHtml(name)} <span>${routes.map(escapeHtml).join(' · ')}</span></li>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
