/** A request of the load. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly token?: string | undefined;
  /** A function where each request needs a body of its own. */
  readonly body?: string | (() => string | Buffer<ArrayBuffer>);
  /** Of the body; JSON by default. */
  readonly contentType?: string;
}

export const get = (path: string, token?: string): HttpRequest => ({ method: 'GET', path, token });

export const bodyOf = ({ body }: HttpRequest) => (typeof body === 'function' ? body() : body);

export function headersOf({ token, body, contentType = 'application/json' }: HttpRequest) {
  const headers: Record<string, string> = {};
  if (token) headers['authorization'] = `Token ${token}`;
  if (body) headers['content-type'] = contentType;
  return headers;
}

/** Sends one request and returns the body of the response. @throws Error when the status is not 2xx */
export async function sendRequest(url: string, request: HttpRequest): Promise<string> {
  const { method, path } = request;
  const body = bodyOf(request);
  const response = await fetch(url + path, { method, headers: headersOf(request), ...(body && { body }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}${path}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}
