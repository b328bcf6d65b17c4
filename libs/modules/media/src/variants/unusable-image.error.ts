/** The code of a permanent failure, as the API returns it. */
export type UnusableReason = 'unreadable' | 'too-many-pixels' | 'too-complex' | 'another-kind';

/** A file that is not a valid picture or exceeds a limit; a retry would fail in the same way. */
export class UnusableImageError extends Error {
  override readonly name = 'UnusableImageError';

  constructor(
    readonly reason: UnusableReason,
    options?: ErrorOptions,
  ) {
    super(`the image is ${reason}`, options);
  }
}
