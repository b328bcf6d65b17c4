import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleResults } from '../results.fixture.js';
import { compareReports } from './compare-reports.js';

describe('a comparison of two reports', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reports-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const report = (name: string, content: string) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const results = sampleResults({ whole: { p50: 2 } });
  const good = () => report('good.json', JSON.stringify(results));

  it('says how many figures agree', async () => {
    expect(await compareReports([good(), good()])).toMatch(/(\d+) of \1 figures agree/);
  });

  it('needs two', async () => {
    await expect(compareReports([good()])).rejects.toThrow('expected two files report.json, got 1');
  });

  it('names a file that is missing', async () => {
    await expect(compareReports([good(), join(folder, 'none.json')])).rejects.toThrow(
      /--compare: .*none\.json/,
    );
  });

  it.each(['', 'null', '[]', '{"measured": {}}', 'version 3'])(
    'names a file that is no report: %s',
    async (content) => {
      await expect(compareReports([good(), report('other.json', content)])).rejects.toThrow(
        /other\.json is no report\.json of the lab$/,
      );
    },
  );

  it('refuses a report of a lab that measured in another way', async () => {
    const old = report('old.json', JSON.stringify({ ...results, version: 2 }));
    await expect(compareReports([old, good()])).rejects.toThrow(/old\.json has version 2, this lab writes 4/);
  });
});
