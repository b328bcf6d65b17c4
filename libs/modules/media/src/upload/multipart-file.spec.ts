import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundaryOf, MultipartFile } from './multipart-file.js';

const BOUNDARY = '----browser7MA4';
const HEADERS = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png';

const form = (content: Buffer, headers = HEADERS) =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`),
    content,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);

/** What comes of a body that arrives in pieces of this size. */
function parsed(body: Buffer, pieces = body.length): { content: Buffer; isComplete: boolean } {
  const seen: Buffer[] = [];
  const parser = new MultipartFile(BOUNDARY, (bytes) => seen.push(Buffer.from(bytes)));
  for (let at = 0; at < body.length; at += pieces) parser.push(body.subarray(at, at + pieces));
  return { content: Buffer.concat(seen), isComplete: parser.isComplete };
}

describe('the one file of a form', () => {
  const almost = Buffer.from(`\r\n--${BOUNDARY.slice(0, -1)}\r\r\n\r\n--\r\n--${BOUNDARY}`.slice(0, -1));
  it.each([
    ['empty', Buffer.alloc(0)],
    ['one byte', Buffer.from('x')],
    ['line breaks', Buffer.from('\r\n\r\n\r\n')],
    ['what looks like the boundary, almost', Buffer.concat([almost, almost, Buffer.from('\r')])],
    ['random bytes', randomBytes(5_000)],
  ])('comes out whole, however it arrives: %s', (_, content) => {
    const body = form(content);
    for (const pieces of [1, 2, 3, 7, 64, 1_000, body.length])
      expect(parsed(body, pieces)).toEqual({ content, isComplete: true });
  });

  it('is not complete before the last delimiter', () => {
    const body = form(Buffer.from('content'));
    for (let end = 1; end < body.length - 2; end += 1)
      expect([end, parsed(body.subarray(0, end)).isComplete]).toEqual([end, false]);
  });

  it('does not matter what follows the form', () => {
    const body = Buffer.concat([form(Buffer.from('content')), randomBytes(1_000)]);
    expect(parsed(body, 10)).toEqual({ content: Buffer.from('content'), isComplete: true });
  });

  it.each([
    'content-disposition: FORM-DATA; filename=a; NAME=file',
    `Content-Type: text/html\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8''a%20b.png`,
  ])('has any headers that say so: %s', (headers) => {
    expect(parsed(form(Buffer.from('content'), headers)).content.toString()).toBe('content');
  });
});

describe('a body is refused that', () => {
  const two = Buffer.concat([
    form(Buffer.from('a')).subarray(0, -4),
    Buffer.from('\r\n'),
    form(Buffer.from('b')),
  ]);
  it.each([
    ['is no form', Buffer.from('{"a": 1}'), 400],
    ['has another boundary', Buffer.from('------other\r\n\r\n'), 400],
    ['has nothing in it', Buffer.from(`--${BOUNDARY}--\r\n`), 422],
    [
      'has a field that is no file',
      form(Buffer.from('a'), 'Content-Disposition: form-data; name="file"'),
      422,
    ],
    [
      'has a file of another name',
      form(Buffer.from('a'), 'Content-Disposition: form-data; name="picture"; filename="a"'),
      422,
    ],
    ['says not what it has', form(Buffer.from('a'), 'Content-Type: image/png'), 400],
    ['has two files', two, 422],
    ['has headers without an end', form(Buffer.from('a'), `${HEADERS}\r\nX: ${'x'.repeat(100_000)}`), 400],
    ['goes on wrongly after the file', form(Buffer.from(`a\r\n--${BOUNDARY}xx`)), 400],
  ])('%s', (_, body, status) => {
    for (const pieces of [5, body.length])
      expect(() => parsed(body, pieces)).toThrow(expect.objectContaining({ status }));
  });
});

describe('the boundary', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data ;charset=utf-8; Boundary="a b"', 'a b'],
  ])('is in %s', (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });

  it.each([
    [undefined, 415],
    ['application/json', 415],
    ['multipart/mixed; boundary=abc', 415],
    ['multipart/form-data', 400],
    ['multipart/form-data; boundary=', 400],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, 400],
    ['multipart/form-data; boundary="a\r\nb"', 400],
  ])('is not in %s', (type, status) => {
    expect(() => boundaryOf(type)).toThrow(expect.objectContaining({ status }));
  });
});
