/**
 * Fails when a word that the project gave up comes back: in a file name, an identifier, a comment, a message or a page of
 * the docs. Prints each place with the term to use instead. CONTRIBUTING.md has the vocabulary.
 *
 *   node tools/check-vocabulary.ts [FILE …]     without files, all that git does not ignore
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A term that is gone, in lower case with identifiers split into words or as it is written, and what to write instead. */
const GONE: readonly (readonly [RegExp, string])[] = [
  [/(?<!in[- ]|single[- ])\bflights?\b/, 'in-flight calls, DeadlineTracker'],
  [/\b(lobby|strangers?)\b/, 'pending handshakes, unauthenticated peers'],
  [/\bmisfits?\b/, 'incompatibility'],
  [/\bhonou?r keys\b/, 'withIdempotency'],
  [/\bas declared\b(?! in)/, 'toDeclaredError'],
  [/\b(start with|go on) ?\(/, 'invoke, drain'],
  [/\b(read|work|upload) slots\b/, 'Semaphore'],
  [/\bconduct\b/, 'callWithRetries'],
  [/\bgreet(s|ed|ings)?\b/, 'hello'],
  [/\babsent ms\b/, 'negative TTL'],
  [/\bdoors?\b/, 'Reader, entry point'],
  [/\bfloors\b|\bhouse rules\b|\bthe house\b/, 'layers, architecture rules'],
  [/\b(kept|ready) answers?\b/, 'cached response'],
  [/\b(host closing|end with process)\b/, 'shutdown signal'],
  [/\bnot known here\b/, 'unknown event'],
  [/\b(bury|buries|buried)\b/, 'dead-letter'],
  [/\b(deadly|silent ends)\b/, 'fatal, max crashes'],
  [/\bkeepers?\b/, 'orphan reaper'],
  [/\b(tally|tallies)\b/, 'counter'],
  [/\btake numbers\b/, 'allocate sequence'],
  [/\b(fill module|surroundings|spoken)\b/, 'seed module, context, captured output'],
  [/\b(yardsticks?|circumstances?|jostl\w+|blasts?)\b(?! radius)/, 'baseline, environment, fault injection'],
  [/\b(toys?|beds?|ground fixture)\b/, 'sample module, test environment'],
  [/\b(distrust|outdate[ds]?)\b/, 'invalidate'],
  [/\b(PATIENCE|MOST|LONGEST|LEAST)_[A-Z]+/, '…_TIMEOUT_MS, MAX_…, MIN_…'],
  [/\bpatience\b/, 'timeout, poll interval'],
  [/\bJOBS_CONCURRENCY\b|(?<!\w)(CHECKED|SERVE)=/, 'EVENTS_CONCURRENCY, SEAM_CHECKED, HOST_ROLES'],
  [/\.provider\.[jt]s\b/, '….handler.ts, or the service'],
  [/\bwhoever\b|\b(no|some|every)body\b(?!')/, 'a noun: the caller, no client, an operator'],
  [/\b(is|are|be|been|was|were) told\b|\btells? of\b/, 'is notified, describes'],
  [/\bby the look of it\b|\bas it were\b/, 'nothing'],
];
const PATHS = ['*.ts', '*.mjs', '*.cjs', '*.sh', '*.md', '*.yaml', '*.yml', '*.json'];
/** Text that is not about the project (generated articles, e-mails, a suite of others), or that lists the words. */
const LEFT_OUT =
  /^(CHANGELOG\.md|package-lock\.json|tools\/check-vocabulary\.|test\/e2e\/realworld\/|docs\/lab-report\.md|docs\/api\/)|\/(seed|email)-text\./;

/** Splits identifiers and constants into lower-case words: `keptAnswers` and `KEPT_ANSWERS` become `kept answers`. */
export const wordsOf = (text: string): string =>
  text
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Za-z\d])[_-](?=[A-Za-z\d])/g, '$1 ')
    .toLowerCase();

/** @returns `FILE:LINE: 'word'; write …` for every word that is gone in the text of a file, its name included */
export function findingsIn(file: string, text: string): string[] {
  const lines = [file.replaceAll('/', ' / '), ...text.split('\n')];
  return lines.flatMap((line, index) =>
    GONE.flatMap(([gone, instead]) => {
      const found = gone.exec(wordsOf(line)) ?? gone.exec(line);
      return found ? [`${file}${index > 0 ? `:${index}` : ''}: '${found[0]}'; write ${instead}`] : [];
    }),
  );
}

function main(args: readonly string[]): void {
  const files =
    args.length > 0
      ? args
      : execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', ...PATHS], {
          encoding: 'utf8',
        }).split('\0');
  const findings = files
    .filter((file) => file !== '' && !LEFT_OUT.test(file) && existsSync(file))
    .flatMap((file) => findingsIn(file, readFileSync(file, 'utf8')));
  if (findings.length === 0) return;
  process.stderr.write(`${findings.join('\n')}\n${findings.length} words that the project no longer uses\n`);
  process.exit(1);
}

if (import.meta.main) main(process.argv.slice(2));
