import { UploadError } from './upload.error.js';

const HEADER_BYTES = 8_192;
const CRLF = '\r\n';

const malformed = () => new UploadError(400, 'body', 'is not valid multipart/form-data');

/** The boundary that a content type names (RFC 2046, 5.1.1). */
export function boundaryOf(contentType: string | undefined): string {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType ?? ''))
    throw new UploadError(415, 'body', 'must be multipart/form-data');
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]*)"|([^\s;"]*))/i.exec(contentType!) ?? [];
  const boundary = quoted ?? bare ?? '';
  if (!/^[\w'()+,\-./:=? ]{1,70}$/.test(boundary) || boundary.endsWith(' ')) throw malformed();
  return boundary;
}

/**
 * Finds the bytes of the one file in a multipart body (RFC 7578) as it arrives, and refuses a body with anything else.
 * A form here is one file, so that its end is all there is to look for.
 */
export class MultipartFile {
  readonly #delimiter: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #place: 'start' | 'headers' | 'file' | 'after' | 'end' = 'start';

  /** @param onBytes told the file's bytes, in order */
  constructor(
    boundary: string,
    private readonly onBytes: (bytes: Buffer) => void,
  ) {
    this.#delimiter = Buffer.from(`${CRLF}--${boundary}`);
  }

  /** Whether the whole form has been seen. */
  get isComplete(): boolean {
    return this.#place === 'end';
  }

  /** @throws UploadRefusal */
  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.step());
  }

  /** Goes one step further. @returns whether another one may follow without more bytes */
  private step(): boolean {
    if (this.#place === 'start') return this.takeStart();
    if (this.#place === 'headers') return this.takeHeaders();
    if (this.#place === 'file') return this.takeFile();
    if (this.#place === 'after') return this.takeAfter();
    // What follows the form means nothing.
    this.#rest = Buffer.alloc(0);
    return false;
  }

  private takeStart(): boolean {
    // The first line is the delimiter without a line break before it.
    const line = Buffer.concat([this.#delimiter.subarray(CRLF.length), Buffer.from(CRLF)]);
    const seen = this.#rest.subarray(0, line.length);
    const empty = Buffer.concat([this.#delimiter.subarray(CRLF.length), Buffer.from('--')]);
    if (this.#rest.length >= empty.length && this.#rest.subarray(0, empty.length).equals(empty))
      throw new UploadError(422, 'file', "can't be blank");
    if (!seen.equals(line.subarray(0, seen.length)) && !seen.equals(empty.subarray(0, seen.length)))
      throw malformed();
    if (seen.length < line.length) return false;
    return this.goOn('headers', line.length);
  }

  private takeHeaders(): boolean {
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
    return this.goOn('file', end + 2 * CRLF.length);
  }

  private takeFile(): boolean {
    const end = this.#rest.indexOf(this.#delimiter);
    if (end >= 0) {
      this.pass(end);
      return this.goOn('after', end + this.#delimiter.length);
    }
    // The end of the chunk may be the beginning of the delimiter.
    const from = Math.max(0, this.#rest.length - this.#delimiter.length + 1);
    const doubtful = this.#rest.indexOf(CRLF[0]!, from);
    const sure = doubtful < 0 ? this.#rest.length : doubtful;
    this.pass(sure);
    this.#rest = this.#rest.subarray(sure);
    return false;
  }

  private takeAfter(): boolean {
    if (this.#rest.length < 2) return false;
    const two = this.#rest.toString('latin1', 0, 2);
    if (two === '--') return this.goOn('end', 2);
    if (two === CRLF) throw new UploadError(422, 'file', 'must be the only field, and a file');
    throw malformed();
  }

  private pass(length: number): void {
    if (length > 0) this.onBytes(this.#rest.subarray(0, length));
  }

  private goOn(place: 'headers' | 'file' | 'after' | 'end', taken: number): true {
    this.#place = place;
    this.#rest = this.#rest.subarray(taken);
    return true;
  }
}
