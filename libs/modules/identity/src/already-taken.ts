import { SeamError } from '@tearline/seam';
import { QueryFailedError } from 'typeorm';

const FIELD_OF_INDEX: Readonly<Record<string, 'username' | 'email'>> = {
  users_username: 'username',
  users_email: 'email',
};

/** What a write says whose username or e-mail address somebody else has. */
export function alreadyTaken(field: 'username' | 'email'): SeamError {
  return new SeamError(`${field}/taken`);
}

/** A write's error as it should leave the module: a taken name by its name, anything else as it is. */
export function fromUniqueViolation(error: unknown): unknown {
  if (!(error instanceof QueryFailedError)) return error;
  const { constraint } = error.driverError as { constraint?: string };
  const field = constraint === undefined ? undefined : FIELD_OF_INDEX[constraint];
  return field ? alreadyTaken(field) : error;
}
