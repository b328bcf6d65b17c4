import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { locatePython } from './python.js';

beforeAll(locatePython);

it('the seam in Python passes the test vectors of the protocol', async () => {
  const python = await locatePython();
  const [program] = python.command('social');
  const env = { ...process.env, ...python.env('social'), PYTHONDONTWRITEBYTECODE: '1' };
  const { stderr } = await promisify(execFile)(program, ['-m', 'unittest', 'tests.test_vectors'], { env });
  expect(stderr).toMatch(/Ran [1-9]\d* tests[^]*\nOK/);
});
