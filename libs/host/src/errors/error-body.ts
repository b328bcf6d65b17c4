/** How every error is told to a client: messages by field or resource. */
export interface ErrorBody {
  errors: Record<string, readonly string[]>;
}

export function errorBody(subject: string, message: string): ErrorBody {
  return { errors: { [subject]: [message] } };
}
