import { HttpException } from '@nestjs/common';

/** An invalid upload, as an HTTP error in the API's format. */
export class UploadError extends HttpException {
  constructor(status: 400 | 413 | 415 | 422, subject: 'body' | 'file', message: string) {
    super({ errors: { [subject]: [message] } }, status);
  }
}

const HEADER_BYTES = 8_192;
const CRLF = '\r\n';

const malformed = () => new UploadError(400, 'body', 'is not valid multipart/form-data');

/** Returns the boundary of a content type (RFC 2046, 5.1.1). @throws UploadError */
export function boundaryOf(contentType: string | undefined): string {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType ?? ''))
    throw new UploadError(415, 'body', 'must be multipart/form-data');
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]*)"|([^\s;"]*))/i.exec(contentType!) ?? [];
  const boundary = quoted ?? bare ?? '';
  if (!/^[\w'()+,\-./:=? ]{1,70}$/.test(boundary) || boundary.endsWith(' ')) throw malformed();
  return boundary;
}

/**
 * Parses a multipart body (RFC 7578) with exactly one file as it arrives, and rejects any other body.
 */
export class MultipartFile {
  readonly #delimiter: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #state: 'start' | 'headers' | 'file' | 'after' | 'end' = 'start';

  /** @param onBytes receives the file's bytes, in order */
  constructor(
    boundary: string,
    private readonly onBytes: (bytes: Buffer) => void,
  ) {
    this.#delimiter = Buffer.from(`${CRLF}--${boundary}`);
  }

  /** Whether the whole form has been parsed. */
  get isComplete(): boolean {
    return this.#state === 'end';
  }

  /** @throws UploadRefusal */
  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.step());
  }

  /** Parses one part. @returns whether the rest may contain another one */
  private step(): boolean {
    if (this.#state === 'start') return this.parseStart();
    if (this.#state === 'headers') return this.parseHeaders();
    if (this.#state === 'file') return this.parseFile();
    if (this.#state === 'after') return this.parseAfter();
    // The epilogue is ignored.
    this.#rest = Buffer.alloc(0);
    return false;
  }

  private parseStart(): boolean {
    // The first delimiter has no line break before it.
    const line = Buffer.concat([this.#delimiter.subarray(CRLF.length), Buffer.from(CRLF)]);
    const seen = this.#rest.subarray(0, line.length);
    const empty = Buffer.concat([this.#delimiter.subarray(CRLF.length), Buffer.from('--')]);
    if (this.#rest.length >= empty.length && this.#rest.subarray(0, empty.length).equals(empty))
      throw new UploadError(422, 'file', "can't be blank");
    if (!seen.equals(line.subarray(0, seen.length)) && !seen.equals(empty.subarray(0, seen.length)))
      throw malformed();
    if (seen.length < line.length) return false;
    return this.advance('headers', line.length);
  }

  private parseHeaders(): boolean {
    const end = this.#rest.indexOf(CRLF + CRLF);
    if (end > HEADER_BYTES || (end < 0 && this.#rest.length > HEADER_BYTES))
      throw new UploadError(400, 'body', 'has headers that are too large');
    if (end < 0) return false;
    const disposition = this.#rest
      .toString('utf8', 0, end)
      .split(CRLF)
      .find((line) => /^content-disposition:\s*form-data\s*;/i.test(line));
    if (disposition === undefined) throw malformed();
    if (!/;\s*name=(?:"file"|file)\s*(;|$)/i.test(disposition) || !/;\s*filename\*?=/i.test(disposition))
      throw new UploadError(422, 'file', 'must be the only field, and a file');
    return this.advance('file', end + 2 * CRLF.length);
  }

  private parseFile(): boolean {
    const end = this.#rest.indexOf(this.#delimiter);
    if (end >= 0) {
      this.emit(end);
      return this.advance('after', end + this.#delimiter.length);
    }
    // The end of the chunk may be the start of a delimiter.
    const from = Math.max(0, this.#rest.length - this.#delimiter.length + 1);
    const possible = this.#rest.indexOf(CRLF[0]!, from);
    const length = possible < 0 ? this.#rest.length : possible;
    this.emit(length);
    this.#rest = this.#rest.subarray(length);
    return false;
  }

  private parseAfter(): boolean {
    if (this.#rest.length < 2) return false;
    const two = this.#rest.toString('latin1', 0, 2);
    if (two === '--') return this.advance('end', 2);
    if (two === CRLF) throw new UploadError(422, 'file', 'must be the only field, and a file');
    throw malformed();
  }

  private emit(length: number): void {
    if (length > 0) this.onBytes(this.#rest.subarray(0, length));
  }

  private advance(state: 'headers' | 'file' | 'after' | 'end', length: number): true {
    this.#state = state;
    this.#rest = this.#rest.subarray(length);
    return true;
  }
}
