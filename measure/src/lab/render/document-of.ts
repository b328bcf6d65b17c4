import type { Results } from '../results.js';
import { noiseWarnings } from '../verdict/summary.js';
import { type Document, paragraph, type Section } from '../../kit/report/document.js';
import { figuresSection } from './sections/figures.js';
import { machineSection } from './sections/machine.js';
import {
  blastSection,
  deploySection,
  networkSection,
  scalingSection,
  serverSection,
} from './sections/stages.js';
import { verdictSection } from './sections/verdict.js';

/** The report of a run. */
export function documentOf(results: Results): Document {
  const names = results.topologies.map(({ name }) => name);
  const sections = [
    verdictSection(results),
    figuresSection(results),
    networkSection(results),
    blastSection(results),
    serverSection(results),
    scalingSection(results),
    deploySection(results),
    machineSection(results),
  ];
  return {
    title: [names[0], names.slice(1).join(' and ')].filter((name) => name !== '').join(' against '),
    sections: [...doubtsSection(results), ...sections.filter((section) => section !== undefined)],
  };
}

function doubtsSection(results: Results): Section[] {
  const reasons = noiseWarnings(results);
  if (reasons.length === 0) return [];
  const parts = [
    paragraph(
      'This machine was too noisy: another run may say something else. Do not quote these figures.',
      'warning',
    ),
    ...reasons.map((reason) => paragraph(reason)),
  ];
  return [{ title: 'Too noisy', parts }];
}
