import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { currentCall, SeamError } from '@tearline/seam';
import { MEDIA_FILE_BYTES } from '../contract.js';
import type { TemporaryFile } from '../storage/temporary-file.js';
import { HEAD_BYTES, type ImageKind, imageKindOf } from './image-kind.js';
import { boundaryOf, MultipartFile, UploadError } from './multipart-file.js';

/** Bytes per write; as many may be buffered during a write. */
const WRITE_BYTES = 1_048_576;
const ENVELOPE_BYTES = 65_536;

/** A received file. */
export interface ReceivedFile {
  readonly hash: string;
  readonly bytes: number;
  readonly kind: ImageKind;
}

const tooLarge = () => new UploadError(413, 'file', `is too large (maximum is ${MEDIA_FILE_BYTES} bytes)`);
const notAnImage = () => new UploadError(422, 'file', 'must be a JPEG, PNG, WebP, AVIF or GIF picture');

/**
 * Writes the file of a form to `target` as it arrives, and detects its format. At most two writes are buffered.
 * @throws UploadError as soon as the upload is invalid
 * @throws SeamError `cancelled` when the client disconnects, or `deadline-exceeded`
 */
export async function receiveFile(request: IncomingMessage, target: TemporaryFile): Promise<ReceivedFile> {
  const boundary = boundaryOf(request.headers['content-type']);
  // No further event is emitted for a client that has already disconnected.
  if (request.destroyed) throw new SeamError('cancelled');
  const reason = currentCall()?.cancelled;
  if (reason) throw reason;
  if (Number(request.headers['content-length'] ?? 0) > MEDIA_FILE_BYTES + ENVELOPE_BYTES) throw tooLarge();
  return new FileReceiver(request, target, boundary).done;
}

/** The transfer of one file from a request to a temporary file. */
class FileReceiver {
  readonly done: Promise<ReceivedFile>;
  readonly #hash = createHash('sha256');
  readonly #form: MultipartFile;
  readonly #settle: { resolve: (file: ReceivedFile) => void; reject: (error: unknown) => void };
  readonly #removeCancelListener: (() => void) | undefined;
  #kind: ImageKind | undefined;
  #head: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #received = 0;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  #isWriting = false;
  #hasEnded = false;
  #isDone = false;

  constructor(
    private readonly request: IncomingMessage,
    private readonly target: TemporaryFile,
    boundary: string,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedFile>();
    this.done = promise;
    this.#settle = { resolve, reject };
    this.#form = new MultipartFile(boundary, this.#onFileBytes);
    this.#removeCancelListener = currentCall()?.onCancel((reason) => this.fail(reason));
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('error', this.#onDisconnect);
    request.on('close', this.#onDisconnect);
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

  readonly #onDisconnect = (): void => {
    if (!this.#hasEnded) this.fail(new SeamError('cancelled'));
  };

  readonly #onFileBytes = (bytes: Buffer): void => {
    this.#bytes += bytes.length;
    if (this.#bytes > MEDIA_FILE_BYTES) throw tooLarge();
    if (this.#head.length < HEAD_BYTES) this.detectKind(bytes);
    this.#hash.update(bytes);
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
  };

  /** Rejects a file of another format as soon as its first bytes arrive. */
  private detectKind(bytes: Buffer): void {
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD_BYTES - this.#head.length)]);
    if (this.#head.length < HEAD_BYTES) return;
    this.#kind = imageKindOf(this.#head);
    if (this.#kind === undefined) throw notAnImage();
  }

  private write(): void {
    if (this.#isDone) return;
    if (this.#isWriting) {
      if (this.#bufferedBytes >= WRITE_BYTES) this.request.pause();
      return;
    }
    if (this.#bufferedBytes < WRITE_BYTES && !this.#hasEnded) return;
    if (this.#bufferedBytes === 0) {
      this.succeed();
      return;
    }
    const chunks = this.#buffered;
    this.#buffered = [];
    this.#bufferedBytes = 0;
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
    this.detach();
    this.#settle.resolve({ hash: this.#hash.digest('hex'), bytes: this.#bytes, kind: this.#kind! });
  }

  private fail(error: unknown): void {
    if (this.#isDone) return;
    this.detach();
    this.#settle.reject(error);
  }

  private detach(): void {
    this.#isDone = true;
    this.#removeCancelListener?.();
    this.request.off('data', this.#onData);
    this.request.off('end', this.#onEnd);
    this.request.off('close', this.#onDisconnect);
    // The error listener stays: an unhandled error event would end the process.
  }
}
