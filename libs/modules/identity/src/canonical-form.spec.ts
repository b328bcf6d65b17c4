import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalForm } from './contract.js';

const ALL = Array.from({ length: 0x11_00_00 }, (_, code) => code)
  .filter((code) => code < 0xd8_00 || code > 0xdf_ff)
  .map((code) => String.fromCodePoint(code));

/** Letters that some of toLowerCase, SQL `lower`, NFC and locales treat differently. */
const LETTERS = [
  ...Array.from('aAeEiIoOsSΣσςßẞİıſﬁǅǆΟΔδΐᾳᾼÅÅKéÉ'),
  'e\u0301',
  '\u0301',
  '\u0307',
  '\u0345',
  '@',
  '.',
];
const names = fc.oneof(
  fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);

describe('the canonical form', () => {
  it.each([
    ['ΟΔΟΣ', 'οδος'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['İ@example.com', 'i\u0307@example.com'],
    ['İ@example.com', 'I\u0307@EXAMPLE.com'],
    ['José', 'JOSE\u0301'],
    ['\u212Alaus', 'klaus'],
    ['ᾼ', 'αι'],
    ['Jake', 'jake'],
  ])('of %j and %j is the same', (one, other) => {
    expect(canonicalForm(one)).toBe(canonicalForm(other));
  });

  it.each([
    ['jake', 'jakе'],
    ['jose', 'josé'],
    ['İ', 'i'],
    ['a b', 'ab'],
  ])('of %j and %j differs', (one, other) => {
    expect(canonicalForm(one)).not.toBe(canonicalForm(other));
  });

  it('of every character is its own canonical form, and that of its upper, lower and decomposed form', () => {
    const wrong = ALL.filter((character) => {
      const canonical = canonicalForm(character);
      const forms = [
        canonical,
        character.toLowerCase(),
        character.toUpperCase(),
        character.normalize('NFD'),
        character.normalize('NFC'),
      ];
      return forms.some((form) => canonicalForm(form) !== canonical);
    });
    expect(wrong).toEqual([]);
  });

  it('merges no two characters that neither case nor decomposition relates', () => {
    const relatives = (character: string) =>
      new RegExp(`^${character.replace(/[$()*+.?[\\\]^{|}/]/, String.raw`\$&`)}$`, 'iu');
    const bySame = Map.groupBy(ALL, canonicalForm).values();
    const merged = [...bySame].filter((group) => group.length > 1);
    const strange = merged.flatMap(([first, ...others]) =>
      others.filter((other) => {
        const [a, b] = [first!, other].map((each) => each.normalize('NFC'));
        return (
          !relatives(a!).test(b!) &&
          a!.toUpperCase() !== b!.toUpperCase() &&
          a!.toLowerCase() !== b!.toLowerCase()
        );
      }),
    );
    expect(strange).toEqual([]);
  });

  it('of any name is stable, and depends on neither case nor composition', () => {
    fc.assert(
      fc.property(names, (name) => {
        const canonical = canonicalForm(name);
        const decomposed = name.normalize('NFD');
        for (const form of [canonical, decomposed, name.normalize('NFC'), decomposed.toUpperCase()])
          expect(canonicalForm(form)).toBe(canonical);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of a letter does not depend on its neighbours', () => {
    fc.assert(
      fc.property(names, (name) => {
        const letters = Array.from(name.normalize('NFD'), canonicalForm);
        expect(canonicalForm(name)).toBe(letters.join('').normalize('NFC'));
      }),
      { numRuns: 2_000 },
    );
  });
});
