import { HttpException } from '@nestjs/common';

/** What is wrong with an upload, in the form of every refusal. */
export class UploadError extends HttpException {
  constructor(status: 400 | 413 | 415 | 422, subject: 'body' | 'file', message: string) {
    super({ errors: { [subject]: [message] } }, status);
  }
}
