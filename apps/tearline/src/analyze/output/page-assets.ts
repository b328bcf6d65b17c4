export const style = `
:root { color-scheme: light dark; --high: #c0392b; --medium: #b7770d; --low: #7f8c8d; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1200px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
td, th { padding: .15rem .8rem .15rem 0; text-align: left; border-bottom: 1px solid var(--line); }
code, pre { font-size: 13px; } pre { overflow: auto; padding: .8rem; border: 1px solid var(--line); }
li { margin: .4rem 0; } li b { display: inline-block; min-width: 4.2rem; }
.high b, .legend .high { color: var(--high); } .medium b, .legend .medium { color: var(--medium); } .low b, .legend .low { color: var(--low); }
.legend span { font-weight: bold; }
.picture { overflow: auto; border: 1px solid var(--line); text-align: center; }
svg { min-width: 700px; height: auto; max-width: 100%; }
.edge { fill: none; stroke-opacity: .75; } .edge.high { stroke: var(--high); } .edge.medium { stroke: var(--medium); } .edge.low { stroke: var(--low); stroke-opacity: .35; }
marker.high { fill: var(--high); } marker.medium { fill: var(--medium); } marker.low { fill: var(--low); }
.node { cursor: pointer; } .node rect { fill: Canvas; stroke: CanvasText; } .node text { fill: CanvasText; text-anchor: middle; font-size: 13px; } .node .score { font-size: 10px; opacity: .75; }
.node.ready rect { stroke: #2e8b57; stroke-width: 2; } .node.never rect { stroke: var(--high); stroke-width: 3; } .node.infrastructure rect, .node.root rect { stroke-dasharray: 4; }
.node:focus-visible rect { outline: 2px solid Highlight; } .dimmed { opacity: .08; }
`;

export const script = `
const all = (selector) => [...document.querySelectorAll(selector)];
let selected;
const show = (name) => {
  const edges = all('.edge');
  const near = new Set([name, ...edges.flatMap(({ dataset: { from, to } }) => from === name ? [to] : to === name ? [from] : [])]);
  for (const edge of edges) edge.classList.toggle('dimmed', name !== undefined && edge.dataset.from !== name && edge.dataset.to !== name);
  for (const node of all('.node')) node.classList.toggle('dimmed', name !== undefined && !near.has(node.dataset.name));
};
const select = (name) => {
  selected = selected === name ? undefined : name;
  for (const section of all('section')) section.hidden = selected !== undefined && section.dataset.name !== selected;
  show(selected);
};
for (const node of all('.node')) {
  node.addEventListener('mouseenter', () => show(node.dataset.name));
  node.addEventListener('mouseleave', () => show(selected));
  node.addEventListener('click', () => select(node.dataset.name));
  node.addEventListener('keydown', (event) => { if (event.key === 'Enter') select(node.dataset.name); });
}
`;
