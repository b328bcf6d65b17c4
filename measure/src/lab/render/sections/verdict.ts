import type { Section } from '../../../kit/report/document.js';
import type { Results } from '../../results.js';
import { compareTopologies } from '../../verdict/comparison.js';
import { noiseWarnings, quietFailures } from '../../verdict/summary.js';
import { type Reason, verdictOf } from '../../verdict/verdict.js';

const KINDS = { gains: 'gain', costs: 'cost', breakEvens: 'break-even' } as const;
const NONE: readonly Reason[] = [{ subject: 'none', figures: '' }];

/**
 * Returns the gains and costs of each split, and the decision; undefined without a split. Says why there is no verdict when requests
 * failed without a fault.
 */
export function verdictSection(results: Results): Section | undefined {
  const [baseline, ...splits] = results.topologies.map(({ name }) => name) as [string, ...string[]];
  if (splits.length === 0) return undefined;
  const failures = quietFailures(results);
  if (failures.length > 0)
    return {
      title: 'No verdict',
      tone: 'warning',
      parts: [
        '**Requests failed although no fault was injected. Find out why before you compare these topologies.**',
        ...failures,
      ],
    };
  const verdicts = splits.map((split) => verdictOf(compareTopologies(results, split)));
  const warning = noiseWarnings(results).length > 0 ? ' The machine was too noisy to be sure.' : '';
  const rows = verdicts.flatMap((verdict) =>
    (['gains', 'costs', 'breakEvens'] as const).flatMap((kind) => {
      const reasons: readonly Reason[] = verdict[kind].length > 0 ? verdict[kind] : NONE;
      return reasons.map(({ subject, figures }) => [verdict.split, KINDS[kind], subject, figures]);
    }),
  );
  return {
    title: 'Verdict',
    parts: [
      ...verdicts.map((verdict) => `**${verdict.text}${warning}**`),
      { head: [`against ${baseline}`, '', '', 'figures'], rows, isText: true },
      'By the rules of `docs/guide/lab.md`: a difference counts when it is larger than that between runs. Teams, ' +
        'security and release cycles are not measured; they may be reasons all the same.',
    ],
  };
}
