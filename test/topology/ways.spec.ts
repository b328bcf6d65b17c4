import { describe, expect, it } from 'vitest';
import { chosen, everyWay, pairwise } from '../e2e/ways.js';

describe.each([2, 4, 6])('the ways to place %i modules', (count) => {
  const modules = Array.from({ length: count }, (_, index) => `m${index}`);
  const sortedOf = (ways: readonly (readonly string[])[]) => ways.map((way) => way.join('+')).toSorted();

  it('are all listed, each once', () => {
    expect(new Set(sortedOf(everyWay(modules))).size).toBe(2 ** count);
    expect(everyWay(modules)).toHaveLength(2 ** count);
  });

  it('are covered pairwise by a few, with the well-known ones among them', () => {
    const few = pairwise(modules);
    expect(few).toEqual(expect.arrayContaining([[], modules, ...modules.map((each) => [each])]));
    expect(few.length).toBeLessThanOrEqual(count === 2 ? 4 : 2 * count + 6);
    const rest = few.filter(({ length }) => length > 1 && length < count);
    for (const one of modules)
      for (const other of modules.slice(modules.indexOf(one) + 1)) {
        const seen = new Set(rest.map((way) => `${way.includes(one)} ${way.includes(other)}`));
        expect(seen.size).toBe(count === 2 ? 0 : 4);
      }
  });
});

describe('a long run', () => {
  const names = ['monolith', 'app+articles', 'app+media', 'microservices'];

  it('continues where it was interrupted', () => {
    expect(chosen(names)).toEqual(names);
    expect(chosen(names, undefined, '3')).toEqual(['app+media', 'microservices']);
    expect(chosen(names, undefined, 'app+media')).toEqual(['app+media', 'microservices']);
  });

  it('can be limited to some topologies', () => {
    expect(chosen(names, 'app+media,1')).toEqual(['app+media', 'monolith']);
    expect(() => chosen(names, '5')).toThrow(
      "expected a number from 1 to 4, or one of monolith, app+articles, app+media, microservices, got '5'",
    );
    expect(() => chosen(names, 'app')).toThrow("got 'app'");
  });
});
