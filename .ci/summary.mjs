// node summary.mjs <vitest's JSON report> [failed stage…]
// Prints what went wrong, then "N passed, N failed". A test that was skipped, a test file that did not run and a stage
// that failed without a failed test to show for it are failures.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [reportFile, ...stages] = process.argv.slice(2);
const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : { testResults: [] };
const tests = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ fullName, status }) => ({ name: `${name}: ${fullName}`, status })),
);

const passed = tests.filter(({ status }) => status === 'passed').length;
const failures = tests
  .filter(({ status }) => status !== 'passed')
  .map(({ name, status }) => `${status}: ${name}`);

for (const { name, status, assertionResults } of report.testResults) {
  const shown = assertionResults.some((test) => test.status !== 'passed');
  if (status !== 'passed' && !shown) failures.push(`failed to load: ${name}`);
}
const ran = new Set(report.testResults.map(({ name }) => resolve(name)));
const written = globSync('{apps,libs,examples,test}/**/*.spec.ts', {
  exclude: (path) => path.endsWith('/fixtures'),
});
for (const file of written) {
  if (!ran.has(resolve(file))) failures.push(`did not run: ${file}`);
}
const explained = failures.length > 0;
for (const stage of stages) {
  if (stage !== 'npm test' || !explained) failures.push(`failed: ${stage}`);
}
if (passed === 0 && failures.length === 0) failures.push('no tests ran');

for (const failure of failures) console.log(failure);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
