import type { Results } from '../../results.js';
import { evidenceOf } from '../../verdict/evidence.js';
import { judge, type Reason } from '../../verdict/judge.js';
import { type Part, paragraph, type Section, tableOf } from '../document.js';

/** What each split buys and costs, and what to do; undefined when there is nothing to compare. */
export function verdictSection(results: Results): Section | undefined {
  const [whole, ...splits] = results.topologies.map(({ name }) => name) as [string, ...string[]];
  if (splits.length === 0) return undefined;
  const verdicts = splits.map((split) => judge(evidenceOf(results, split)));
  const text = (reasons: readonly Reason[]) =>
    reasons.map(({ what, figures }) => `${what}: ${figures}`).join('; ') || 'nothing that was seen here';
  const rows = (['buys', 'costs', 'breakEvens'] as const).map((kind) => [
    { buys: 'what it buys', costs: 'what it costs', breakEvens: 'break-even' }[kind],
    ...verdicts.map((verdict) => text(verdict[kind])),
  ]);
  return {
    title: 'Verdict',
    parts: [
      ...verdicts.map((verdict): Part => paragraph(verdict.text, 'verdict')),
      tableOf([`against ${whole}`, ...splits], rows),
      paragraph(
        'By the rules of the guide, `docs/guide/lab.md`: a difference counts when it is larger than another run may differ by. ' +
          'Teams, security and release rhythms are not measured here; they may be reasons all the same.',
      ),
    ],
  };
}
