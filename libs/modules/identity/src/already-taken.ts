import { SeamError } from '@tearline/seam';
import { QueryFailedError } from 'typeorm';

const FIELD_OF_INDEX: Readonly<Record<string, 'username' | 'email'>> = {
  users_canonical_username: 'username',
  users_canonical_email: 'email',
};

/** Returns the error of a username or e-mail address that another user has. */
export function alreadyTaken(field: 'username' | 'email'): SeamError {
  return new SeamError(`${field}/taken`);
}

/** Converts the violation of a unique index to {@link alreadyTaken}; returns other errors unchanged. */
export function fromUniqueViolation(error: unknown): unknown {
  if (!(error instanceof QueryFailedError)) return error;
  const { constraint } = error.driverError as { constraint?: string };
  const field = constraint === undefined ? undefined : FIELD_OF_INDEX[constraint];
  return field ? alreadyTaken(field) : error;
}
