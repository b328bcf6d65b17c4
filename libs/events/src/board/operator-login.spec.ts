import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asOperator } from './open-board.fixture.js';
import { OperatorLogin } from './operator-login.js';

const PASSWORD = 'correct horse';
const RIGHT = asOperator(PASSWORD).authorization;
const WRONG = asOperator('wrong').authorization;

let login: OperatorLogin;
let now = 1;
beforeEach(() => {
  // lru-cache keeps its reference to `performance`, and reads it once in a millisecond.
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  login = new OperatorLogin(PASSWORD);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const elapse = (ms: number) => {
  now += ms;
  vi.advanceTimersByTime(ms);
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const fail = (times: number, address = 'a') =>
  Array.from({ length: times }, () => login.check(WRONG, address));

it.each([
  ['valid', RIGHT],
  ['valid', RIGHT.replace('Basic', 'basic')],
  ['invalid', WRONG],
  ['invalid', basic('operator:')],
  ['invalid', basic(`:${PASSWORD}`)],
  ['invalid', basic(PASSWORD)],
  ['invalid', basic(`admin:${PASSWORD}`)],
  ['invalid', basic(`operator:${PASSWORD} `)],
  ['invalid', basic(`operator:${PASSWORD.slice(0, -1)}`)],
  ['missing', undefined],
  ['missing', ''],
  ['missing', 'Basic '],
  ['missing', RIGHT.replace('Basic', 'Bearer')],
  ['missing', `${RIGHT} ${RIGHT}`],
])('%s: %s', (outcome, header) => {
  expect(login.check(header, 'a')).toBe(outcome);
});

it('ten failures in a minute block an address, and no other one', () => {
  expect(fail(10)).toEqual(Array(10).fill('invalid'));
  for (const header of [RIGHT, WRONG]) expect(login.check(header, 'a')).toBe('too-many-failures');
  expect(login.check(RIGHT, 'b')).toBe('valid');
});

it('the minute starts with the first failure', () => {
  fail(1);
  elapse(59_000);
  fail(9);
  expect(login.check(RIGHT, 'a')).toBe('too-many-failures');
  elapse(2_000);
  expect(login.check(RIGHT, 'a')).toBe('valid');
});

it('requests without a login, and valid ones, are no failures', () => {
  for (let times = 0; times < 20; times += 1) {
    login.check(undefined, 'a');
    login.check(RIGHT, 'a');
  }
  fail(9);
  expect(login.check(RIGHT, 'a')).toBe('valid');
});
