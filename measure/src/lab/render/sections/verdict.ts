import type { Results } from '../../results.js';
import { compareTopologies } from '../../verdict/comparison.js';
import { verdictOf, type Reason } from '../../verdict/verdict.js';
import { noiseWarnings } from '../../verdict/summary.js';
import { type Part, paragraph, type Section, textTable } from '../../../kit/report/document.js';

const KINDS = { buys: 'buys', costs: 'costs', breakEvens: 'break-even' } as const;

/** What each split buys and costs, and what to do; undefined when there is nothing to compare. */
export function verdictSection(results: Results): Section | undefined {
  const [whole, ...splits] = results.topologies.map(({ name }) => name) as [string, ...string[]];
  if (splits.length === 0) return undefined;
  const verdicts = splits.map((split) => verdictOf(compareTopologies(results, split)));
  const unsure = noiseWarnings(results).length > 0 ? ' The machine was too noisy to be sure.' : '';
  const rows = verdicts.flatMap((verdict) =>
    (['buys', 'costs', 'breakEvens'] as const).flatMap((kind) => {
      const reasons: readonly Reason[] = verdict[kind];
      const known =
        reasons.length > 0 ? reasons : [{ what: 'nothing', figures: 'nothing that was seen here' }];
      return known.map(({ subject: what, figures }) => [verdict.split, KINDS[kind], what, figures]);
    }),
  );
  return {
    title: 'Verdict',
    parts: [
      ...verdicts.map((verdict): Part => paragraph(`${verdict.text}${unsure}`, 'verdict')),
      textTable([`against ${whole}`, '', '', 'by'], rows),
      paragraph(
        'By the rules of the guide, `docs/guide/lab.md`: a difference counts when it is larger than another run may differ by. ' +
          'Teams, security and release rhythms are not measured here; they may be reasons all the same.',
      ),
    ],
  };
}
