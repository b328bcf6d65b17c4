import { ts } from 'ts-morph';
import { walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

/** Statements in upper or lower case. A sentence begins with one capital: 'Update the user'. */
const STATEMENT =
  /^\s*(--.*\n\s*)*(?![A-Z][a-z])(select\b[^]*\bfrom\b|insert\s+(ignore\s+)?into\b|update\b[^]*\bset\b[^]*=|delete\s+from\b|with\b[^]*\bas\s*(not\s+|materialized\s+)*\(|truncate\b|merge\s+into\b|lock\s+table\b)/;
const isStatement = (text: string) => STATEMENT.test(text) || STATEMENT.test(lowerCased(text));
const lowerCased = (text: string) => (/^\s*[A-Z]{4}/.test(text) ? text.toLowerCase() : text);
const TABLE =
  /\b(?:from|join|into|update|table|only)\s+((?:[`"[]?[\w$]+[`"\]]?\s*\.\s*)?[`"[]?[\w$]+[`"\]]?)/gi;

/** Tables of another module in SQL that is written as text. */
export function* rawSql({ nest, entities, ownerOf }: AnalysisContext): Iterable<Observation> {
  for (const source of nest.index.sources) {
    const module = nest.ownership.ofNode(source);
    const texts: ts.Node[] = [];
    walk(source, (node) => {
      if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) texts.push(node);
    });
    for (const node of texts) {
      const text = ts.isStringLiteralLike(node) ? node.text : textOf(node as ts.TemplateExpression);
      if (!isStatement(text)) continue;
      for (const [, name] of text.matchAll(TABLE)) {
        const table = name!
          .split('.')
          .at(-1)!
          .replaceAll(/[`"[\]\s]/g, '');
        const entity = entities.ofTable(table);
        const other = entity && ownerOf(entity);
        if (!other || other === module) continue;
        yield {
          kind: 'raw-sql',
          severity: 'high',
          module,
          other,
          at: node,
          subject: entity.name,
          why: `SQL names the table ${table}, which belongs to ${other.name}`,
        };
      }
    }
  }
}

const textOf = ({ head, templateSpans }: ts.TemplateExpression) =>
  head.text + templateSpans.map(({ literal }) => ` ? ${literal.text}`).join('');
