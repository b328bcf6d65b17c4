// node summary.mjs <folder of vitest's JSON reports> [failed stage…]
// Prints what went wrong, then "N passed, N failed" of the tests of `npm test`. A test that was skipped, a test file that
// did not run and a stage that failed without a failed test to show for it are failures.
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder, ...stages] = process.argv.slice(2);
const reportOf = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const [report = { testResults: [] }] = globSync('tests.json', { cwd: folder }).map(reportOf);
const endToEnd = globSync('e2e-*.json', { cwd: folder }).map(reportOf);

const testsOf = ({ testResults }) =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, name: `${name}: ${test.fullName}` })),
  );
const described = ({ name, status, failureMessages = [] }) =>
  [`${status}: ${name}`, ...failureMessages.map((message) => `  ${message.slice(0, 600)}`)].join('\n');

const tests = testsOf(report);
const passed = tests.filter(({ status }) => status === 'passed').length;
const failures = tests.filter(({ status }) => status !== 'passed').map(described);

for (const { name, status, assertionResults, message = '' } of report.testResults) {
  const shown = assertionResults.some((test) => test.status !== 'passed');
  if (status !== 'passed' && !shown) failures.push(`failed to load: ${name}\n  ${message.slice(0, 600)}`);
}
const ran = new Set(report.testResults.map(({ name }) => resolve(name)));
const written = globSync('{apps,libs,examples,test}/**/*.spec.ts', {
  exclude: (path) => path.endsWith('/fixtures'),
});
for (const file of written) {
  if (!ran.has(resolve(file))) failures.push(`did not run: ${file}`);
}
const explained = failures.length > 0;
failures.push(
  ...endToEnd
    .flatMap(testsOf)
    .filter(({ status }) => status === 'failed')
    .map(described),
);
for (const stage of stages) {
  if (stage !== 'npm test' || !explained) failures.push(`failed: ${stage}`);
}
if (passed === 0 && failures.length === 0) failures.push('no tests ran');

for (const failure of failures) console.log(failure);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
