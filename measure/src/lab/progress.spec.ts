import { describe, expect, it } from 'vitest';
import { ProgressReporter } from './progress.js';

function progressOn(isTTY: boolean) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line) > 0;
  return { lines, stream: { isTTY, columns: 40, write } as unknown as NodeJS.WriteStream };
}

describe('the progress', () => {
  it('says what is done, and how long the rest should take', () => {
    const { lines, stream } = progressOn(false);
    const progress = new ProgressReporter({ one: 60, two: 30 }, stream);
    const step = progress.stage('one');
    step('first');
    progress.stage('two')('last');
    expect(lines).toEqual(['[  0 %, 1:30 left] one: first\n', '[  0 %, 0:30 left] two: last\n']);
  });

  it('keeps to one line of a terminal, and takes it away at the end', () => {
    const { lines, stream } = progressOn(true);
    const progress = new ProgressReporter({ one: 60 }, stream);
    progress.stage('one')('something that takes more than forty columns');
    progress.end();
    expect(lines[0]).toBe('\r\u001B[K[  0 %, 1:00 left] one: something that ');
    expect(lines.at(-1)).toBe('\r\u001B[K');
  });
});
