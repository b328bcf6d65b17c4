import { globSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { SourcePositions } from './source-positions.js';

it('finds the place in the source of a function in the bundle of the hosts', () => {
  const CALL = "'HeapProfiler.startSampling'";
  const source = 'libs/host/src/memory/recording/heap-sampling.ts';
  const lineIn = (file: string) => {
    const lines = readFileSync(file, 'utf8').split('\n');
    const index = lines.findIndex((line) => line.replaceAll('"', "'").includes(CALL));
    return { line: index + 1, column: lines[index]?.search(/\S/) ?? 0 };
  };
  const bundle = globSync('dist/hosts/*.js').find((file) => lineIn(file).line > 0)!;
  const { line, column } = lineIn(bundle);
  const { href } = pathToFileURL(bundle);
  expect(new SourcePositions().positionOf(['start$2', href, line, column + 1])).toEqual({
    functionName: 'start',
    file: source,
    line: lineIn(source).line,
  });
  // An image has the bundle elsewhere, and the name of a file is that of its content.
  const copied = `file:///app/${bundle}`;
  expect(new SourcePositions().positionOf(['start', copied, line, column + 1]).file).toBe(source);
});

it('leaves the place of what was not bundled as it is, and names that of a package from the package', () => {
  const positions = new SourcePositions();
  expect(positions.positionOf(['', 'node:net', 5, 1])).toEqual({
    functionName: '(anonymous)',
    file: 'node:net',
    line: 5,
  });
  expect(positions.positionOf(['query', 'file:///app/node_modules/pg/lib/client.js', 7, 1]).file).toBe(
    'node_modules/pg/lib/client.js',
  );
});
