import { beforeAll, describe, expect, it } from 'vitest';
import { type Person, register } from '../support/conduit.js';
import { formWith, picture, sendForm } from '../support/media.js';
import { sendRaw } from '../support/raw-http.js';
import { api } from './client.js';

const LIMIT = 10 * 1_048_576;

let person: Person;
beforeAll(async () => {
  person = await register(api);
});

/** A body as it is, under this content type. */
const send = (body: string | Buffer, type: string) =>
  sendRaw(api.baseUrl, {
    method: 'POST',
    path: '/api/media',
    headers: { authorization: `Token ${person.token}`, 'content-type': type },
    body,
  });

const FORM = 'multipart/form-data; boundary=b';
const part = (content: string, headers = 'Content-Disposition: form-data; name="file"; filename="a"') =>
  `--b\r\n${headers}\r\n\r\n${content}\r\n`;

describe('an upload is refused', () => {
  it('without a valid token', async () => {
    expect(await sendForm(api, formWith(await picture()))).toBeRefused(401, { token: ['is missing'] });
    const invalid = api.as('nonsense');
    expect(await sendForm(invalid, formWith(await picture()))).toBeRefused(401, { token: ['is invalid'] });
  });

  it.each([
    ['text', Buffer.from('Just some text, and long enough to be looked at.')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['HTML', Buffer.from('<!doctype html><script>alert(document.domain)</script>')],
    ['a few bytes', Buffer.from([0xff, 0xd8, 0xff])],
  ])('that is %s, even when it is said to be a picture', async (_, content) => {
    const reply = await sendForm(person.api, formWith(content, 'photo.jpg', 'image/jpeg'));
    expect(reply).toBeRefused(422, { file: ['must be a JPEG, PNG, WebP, AVIF or GIF picture'] });
  });

  it('that is empty', async () => {
    expect(await sendForm(person.api, formWith(Buffer.alloc(0)))).toBeRefused(422, {
      file: ["can't be blank"],
    });
  });

  it('that is a byte too large, and taken when it is not', async () => {
    const content = await picture('png');
    const largest = Buffer.concat([content, Buffer.alloc(LIMIT - content.length)]);
    expect(await sendForm(person.api, formWith(largest))).toHaveStatus(202);
    const reply = await sendForm(person.api, formWith(Buffer.concat([largest, Buffer.alloc(1)])));
    expect(reply).toBeRefused(413, { file: [`is too large (maximum is ${LIMIT} bytes)`] });
  });

  it('that is far too large', async () => {
    const reply = await send(Buffer.alloc(LIMIT + 1_048_576), FORM);
    expect(reply).toBeRefused(413);
  });

  it('of two files, or a file and a field, or no file', async () => {
    const content = (await picture('png')).toString('latin1');
    const forms = [
      `${part(content)}${part(content)}--b--\r\n`,
      `${part(content)}${part('x', 'Content-Disposition: form-data; name="title"')}--b--\r\n`,
      `${part('x', 'Content-Disposition: form-data; name="title"')}--b--\r\n`,
      `${part(content, 'Content-Disposition: form-data; name="picture"; filename="a"')}--b--\r\n`,
      '--b--\r\n',
    ];
    for (const form of forms)
      expect(await send(Buffer.from(form, 'latin1'), FORM)).toBeRefusedFor(422, 'file');
  });

  it.each([
    ['JSON', '{"file": "x"}', 'application/json', 415],
    ['a bare picture', 'x', 'image/png', 415],
    ['another form', 'file=x', 'application/x-www-form-urlencoded', 415],
    ['another kind of parts', '--b--\r\n', 'multipart/mixed; boundary=b', 415],
    ['no boundary', '--b--\r\n', 'multipart/form-data', 400],
    ['another boundary', '--b--\r\n', 'multipart/form-data; boundary=c', 400],
    ['no form', 'x'.repeat(1_000), FORM, 400],
    ['half a form', part('x'), FORM, 400],
    ['nothing', '', FORM, 400],
    ['headers without an end', `--b\r\n${'X: y\r\n'.repeat(20_000)}`, FORM, 400],
  ])('whose body is %s', async (_, body, type, status) => {
    const unsupported = { body: ['must be multipart/form-data'] };
    expect(await send(body, type)).toBeRefused(status, ...(status === 415 ? [unsupported] : []));
  });

  it('when it ends in the middle', async () => {
    const content = Buffer.concat([Buffer.from(part('')).subarray(0, -2), await picture('png')]);
    expect(await send(content, FORM)).toBeRefused(400, { body: ['is incomplete'] });
  });
});

it('no other route takes a form with anything in it', async () => {
  for (const path of ['/api/articles', '/api/users', '/api/users/login', '/api/media/x']) {
    const reply = await sendRaw(api.baseUrl, {
      method: 'POST',
      path,
      headers: { authorization: `Token ${person.token}`, 'content-type': FORM },
      body: `${part('x')}--b--\r\n`,
    });
    expect(reply).toBeRefused([404, 415]);
  }
});

it('an upload that was refused does not harm the connection’s next request', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    expect(await sendForm(person.api, formWith(Buffer.alloc(2_000_000, 'x')))).toBeRefused(422);
    expect(await person.api.get('/api/user')).toHaveStatus(200);
  }
});
