import { canonicalForm } from './contract.js';

interface Names {
  username?: string | undefined;
  email?: string | undefined;
}

/** Adds the canonical forms of the given username and e-mail address, as every write of them must. */
export function withCanonicalForms<T extends Names>(fields: T) {
  const { username, email } = fields;
  return {
    ...fields,
    ...(username !== undefined && { canonicalUsername: canonicalForm(username) }),
    ...(email !== undefined && { canonicalEmail: canonicalForm(email) }),
  };
}
