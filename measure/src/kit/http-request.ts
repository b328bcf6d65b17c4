import type { HttpRequest } from './endpoints.js';

/** Sends one request. @throws Error when the answer is no 2xx */
export async function sendRequest(url: string, shot: HttpRequest): Promise<string> {
  const { method, path, body } = shot;
  const response = await fetch(url + path, {
    method,
    headers: headersOf(shot),
    ...(body && { body: typeof body === 'function' ? body() : body }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}${path}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}

export function headersOf({ token, body, type = 'application/json' }: HttpRequest): Record<string, string> {
  return {
    ...(token && { authorization: `Token ${token}` }),
    ...(body && { 'content-type': type }),
  };
}
