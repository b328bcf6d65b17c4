/** The style of a report, light and dark, with colours for colour-blind readers. */
export const STYLE = `
:root { --ink: #1d2733; --paper: #fff; --faint: #5d6b7a; --rule: #dbe2ea; --card: #f5f7fa; --warn: #8a4b00;
  --c0: #2f6fdb; --c1: #e08a00; --c2: #1a9a6c; --c3: #b4458f; --c4: #6b7785; --c5: #c23b3b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaf1; --paper: #12181f; --faint: #93a1b1; --rule: #2c3845;
  --card: #1a222c; --warn: #ffb454; --c0: #6da2ff; --c1: #ffb347; --c2: #4fcf9f; --c3: #e283c0; --c4: #9aa7b5; --c5: #ff7b7b; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
p { max-width: 46rem; } small { color: var(--faint); font-weight: normal; }
code { font: .88em ui-monospace, monospace; }
strong { display: block; background: var(--card); border-left: 4px solid var(--c0); padding: .7rem 1rem; font-weight: 600; }
.warning strong { border-color: var(--warn); color: var(--warn); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th { color: var(--faint); font-weight: 600; }
.text th, .text td { text-align: left; }
figure { margin: 1.2rem 0; } figcaption { font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .2rem 0; font-size: .88rem; color: var(--faint); }
.legend i { display: inline-block; width: .75rem; height: .75rem; margin-right: .4rem; border-radius: 2px; }
svg { width: 100%; height: auto; max-width: 46rem; }
svg .axis { fill: var(--faint); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--rule); } svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
svg polyline { fill: none; stroke-width: 2.5; }
svg .label { fill: var(--ink); font: 13px system-ui, sans-serif; } svg .strong { font-weight: 600; }
svg .box { fill: none; stroke: var(--faint); stroke-dasharray: 5 4; } svg .item { fill: var(--card); stroke: var(--rule); }
svg .link { fill: none; stroke: var(--rule); stroke-width: 1.5; } svg .arrow path:first-of-type { fill: none; stroke-width: 1.6; }
${[0, 1, 2, 3, 4, 5].map((index) => `.fill-${index} { fill: var(--c${index}); background: var(--c${index}); } .line-${index} { stroke: var(--c${index}); }`).join('\n')}
@media print { body { font-size: 12px; } section { break-inside: avoid; } }
`;
