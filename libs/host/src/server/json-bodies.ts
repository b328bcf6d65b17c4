import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const JSON_MEDIA_TYPE = 'application/json';
/** The content type of every response; a route that returns JSON as text or bytes sets it by `@Header`. */
export const JSON_TYPE = `${JSON_MEDIA_TYPE}; charset=utf-8`;

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i;
const BYTE_ORDER_MARKS = [Buffer.from([0xfe, 0xff]), Buffer.from([0xff, 0xfe])];

/**
 * Accepts JSON bodies in UTF-8, bodies of the type that a route reads itself (`@BodyType`), and empty bodies with any
 * `Content-Type`, which many clients send.
 */
export function acceptJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(JSON_MEDIA_TYPE, { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    const problem = problemOfType(request) ?? problemOfEncoding(request.headers, body as Buffer);
    if (problem) done(problem, undefined);
    else void parse(request, body.toString(), done);
  });
  server.addContentTypeParser('*', (request, _payload, done) => {
    const { 'transfer-encoding': encoding, 'content-length': length } = request.headers;
    const isEmpty = encoding === undefined && Number(length ?? 0) === 0;
    done(isEmpty ? null : problemOfType(request), undefined);
  });
}

function problemOfType({ headers, routeOptions }: FastifyRequest): Error | null {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  const expected = routeOptions.config.bodyType ?? JSON_MEDIA_TYPE;
  if (type.trim().toLowerCase() === expected) return null;
  return new UnsupportedMediaTypeException({ errors: { body: [`must be ${expected}`] } });
}

/** Bytes of another encoding would be stored as replacement characters. */
function problemOfEncoding(headers: IncomingHttpHeaders, body: Buffer): Error | null {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') return new SeamError('body/must-not-be-compressed');
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset) || isUtf16(body)) return new SeamError('body/must-be-in-utf-8');
  return isUtf8(body) ? null : new SeamError('body/is-not-valid-utf-8');
}

/** JSON begins with an ASCII character, which has zeros before or behind it in UTF-16 and UTF-32. */
function isUtf16(body: Buffer): boolean {
  const start = body.subarray(0, 2);
  return BYTE_ORDER_MARKS.some((mark) => mark.equals(start)) || (body.length > 1 && start.includes(0));
}
