import { HttpException } from '@nestjs/common';

/** An invalid upload, as an HTTP error in the API's format. */
export class UploadError extends HttpException {
  constructor(status: 400 | 413 | 415 | 422, subject: 'body' | 'file', message: string) {
    super({ errors: { [subject]: [message] } }, status);
  }
}
