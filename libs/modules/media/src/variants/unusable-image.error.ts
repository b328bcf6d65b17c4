/** Why a file has no variants and never will, as a code that its uploader is told. */
export type UnusableReason = 'unreadable' | 'too-many-pixels' | 'too-complex' | 'another-kind';

/** A file that is no picture, or more of one than is allowed: to try again would end the same way. */
export class UnusableImageError extends Error {
  override readonly name = 'UnusableImageError';

  constructor(
    readonly reason: UnusableReason,
    options?: ErrorOptions,
  ) {
    super(`the image is ${reason}`, options);
  }
}
