import { escapeHtml, htmlPage } from './html.js';

/** What the landing page shows. */
export interface LandingView {
  /** The address of the page as the browser sent it. */
  readonly base: string;
  readonly version: string;
  /** The topology, as HTML. */
  readonly picture: string;
  /** Paths of this host's own pages. */
  readonly pages: readonly string[];
  /** Whether `npm run seed` may run. */
  readonly isDevelopment: boolean;
}

const PAGES: Readonly<Record<string, string>> = {
  '/guide': 'how to run, change and deploy it',
  '/docs': 'the API, with a form for each request',
  '/docs-json': 'the same as an OpenAPI document',
  '/queues': "queues of events and jobs; log in as 'operator' with OPERATOR_PASSWORD",
  '/health': 'whether this host accepts requests',
  '/metrics': 'metrics of this process, for Prometheus',
};

/** Paths that the landing page links where the host serves them. */
export const LINKED_PATHS = Object.keys(PAGES);

/** Returns the page at the host's root address. */
export function landingPage({ base, version, picture, pages, isDevelopment }: LandingView): string {
  const at = escapeHtml(base);
  return htmlPage(
    'Tearline',
    `<h1>Tearline <small>${escapeHtml(version)}</small></h1>
<hr>
<p>A NestJS modular monolith that tears along the dotted line. It serves the public RealWorld (“Conduit”) API.</p>
${isDevelopment ? SEED_HINT : ''}<h2>Which modules run where</h2>
${picture}
<h2>Pages</h2>
<dl>
${pages.map((path) => `<dt><a href="${path}">${path}</a></dt><dd>${escapeHtml(PAGES[path]!)}</dd>`).join('\n')}
</dl>
<h2>First calls</h2>
<pre>curl ${at}/api/articles

curl ${at}/api/users -H 'Content-Type: application/json' \\
  -d '{"user":{"username":"ada","email":"ada@example.com","password":"correct horse"}}'

curl ${at}/api/user -H 'Authorization: Token &lt;the token in the response&gt;'</pre>
<script src="/landing.js" defer></script>`,
  );
}

/** Shown by the script when there are no articles: only the API knows, whichever host serves it. */
const SEED_HINT = `<p class="hint" id="seed" hidden>There are no articles yet. <code>npm run seed</code> adds sample users,
articles, comments, notifications and pictures, also while the application runs.</p>
`;

/** Keeps the picture of the topology up to date, and shows the hint when there are no articles. */
export const LANDING_SCRIPT = `const topology = () => document.getElementById('topology');
const update = async () => {
  if (document.hidden) return;
  try {
    const page = await (await fetch('/')).text();
    const fresh = new DOMParser().parseFromString(page, 'text/html').getElementById('topology');
    topology().replaceWith(fresh);
  } catch {
    topology().classList.add('stale');
  }
};
setInterval(update, 2000);
const hint = document.getElementById('seed');
if (hint)
  fetch('/api/articles?limit=1')
    .then((response) => response.json())
    .then(({ articlesCount }) => { hint.hidden = articlesCount !== 0; }, () => undefined);
`;
