import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { currentCall, SeamError } from '@tearline/seam';
import { MEDIA_FILE_BYTES } from '../contract.js';
import type { TemporaryFile } from '../storage/temporary-file.js';
import { HEAD_BYTES, type ImageKind, imageKindOf } from './image-kind.js';
import { boundaryOf, MultipartFile } from './multipart-file.js';
import { UploadError } from './upload.error.js';

/** Bytes that are written at once; and as many may wait until that is done. */
const WRITE_BYTES = 1_048_576;
const ENVELOPE_BYTES = 65_536;

/** A file that has arrived. */
export interface ReceivedFile {
  readonly hash: string;
  readonly bytes: number;
  readonly kind: ImageKind;
}

const tooLarge = () => new UploadError(413, 'file', `is too large (maximum is ${MEDIA_FILE_BYTES} bytes)`);
const notAnImage = () => new UploadError(422, 'file', 'must be a JPEG, PNG, WebP, AVIF or GIF picture');

/**
 * Writes the file of a form into `target` while it arrives, and finds out what it is. Never more than two pieces of it
 * are in memory.
 * @throws UploadRefusal as soon as anything is wrong with it
 * @throws SeamError `cancelled` when the client leaves, or `deadline-exceeded`
 */
export async function receiveFile(request: IncomingMessage, target: TemporaryFile): Promise<ReceivedFile> {
  const boundary = boundaryOf(request.headers['content-type']);
  // Who has left already is not announced again.
  if (request.destroyed) throw new SeamError('cancelled');
  const reason = currentCall()?.cancelled;
  if (reason) throw reason;
  if (Number(request.headers['content-length'] ?? 0) > MEDIA_FILE_BYTES + ENVELOPE_BYTES) throw tooLarge();
  return new FileReceiver(request, target, boundary).done;
}

/** One file on its way from a socket to a disk. */
class FileReceiver {
  readonly done: Promise<ReceivedFile>;
  readonly #hash = createHash('sha256');
  readonly #form: MultipartFile;
  readonly #settle: { resolve: (file: ReceivedFile) => void; reject: (error: unknown) => void };
  readonly #forgetCall: (() => void) | undefined;
  #kind: ImageKind | undefined;
  #head: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #received = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #hasEnded = false;
  #isOver = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly target: TemporaryFile,
    boundary: string,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedFile>();
    this.done = promise;
    this.#settle = { resolve, reject };
    this.#form = new MultipartFile(boundary, this.#take);
    this.#forgetCall = currentCall()?.onCancel((reason) => this.fail(reason));
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('error', this.#onBreak);
    request.on('close', this.#onBreak);
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#received += chunk.length;
      if (this.#received > MEDIA_FILE_BYTES + ENVELOPE_BYTES) throw tooLarge();
      this.#form.push(chunk);
      this.write();
    } catch (error) {
      this.fail(error);
    }
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (!this.#form.isComplete) this.fail(new UploadError(400, 'body', 'is incomplete'));
    else if (this.#bytes === 0) this.fail(new UploadError(422, 'file', "can't be blank"));
    else if (this.#kind === undefined) this.fail(notAnImage());
    else this.write();
  };

  readonly #onBreak = (): void => {
    if (!this.#hasEnded) this.fail(new SeamError('cancelled'));
  };

  readonly #take = (bytes: Buffer): void => {
    this.#bytes += bytes.length;
    if (this.#bytes > MEDIA_FILE_BYTES) throw tooLarge();
    if (this.#head.length < HEAD_BYTES) this.look(bytes);
    this.#hash.update(bytes);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  };

  /** What is no picture is not received to its end. */
  private look(bytes: Buffer): void {
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD_BYTES - this.#head.length)]);
    if (this.#head.length < HEAD_BYTES) return;
    this.#kind = imageKindOf(this.#head);
    if (this.#kind === undefined) throw notAnImage();
  }

  private write(): void {
    if (this.#isOver) return;
    if (this.#isWriting) {
      if (this.#waitingBytes >= WRITE_BYTES) this.request.pause();
      return;
    }
    if (this.#waitingBytes < WRITE_BYTES && !this.#hasEnded) return;
    if (this.#waitingBytes === 0) {
      this.succeed();
      return;
    }
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isWriting = true;
    this.target.write(chunks).then(
      () => {
        this.#isWriting = false;
        this.request.resume();
        this.write();
      },
      (error: unknown) => {
        this.#isWriting = false;
        this.fail(error);
      },
    );
  }

  private succeed(): void {
    this.leave();
    this.#settle.resolve({ hash: this.#hash.digest('hex'), bytes: this.#bytes, kind: this.#kind! });
  }

  private fail(error: unknown): void {
    if (this.#isOver) return;
    this.leave();
    this.#settle.reject(error);
  }

  private leave(): void {
    this.#isOver = true;
    this.#forgetCall?.();
    this.request.off('data', this.#onData);
    this.request.off('end', this.#onEnd);
    this.request.off('close', this.#onBreak);
    // The listener for errors stays: one without would end the process.
  }
}
