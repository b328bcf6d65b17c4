import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { type Api, type Reply, replyOf } from './api-client.js';
import type { Person } from './conduit.js';

export const variants = ['avatar-64', 'avatar-256', 'article-480', 'article-960', 'article-1600'];

export interface MediaBody {
  media: {
    hash: string;
    status: 'pending' | 'ready' | 'failed';
    reason?: string;
    used: boolean;
    urls: Record<string, string>;
    statusUrl: string;
  };
}

/** Noise is the slowest content to encode, and its quality does not matter. */
const effort: Record<string, { effort: number }> = {
  gif: { effort: 1 },
  avif: { effort: 0 },
  webp: { effort: 0 },
};

/** Returns a unique picture of the given size: noise. */
export function picture(
  format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' = 'jpeg',
  { width = 320, height = 200 } = {},
): Promise<Buffer> {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 };
  return sharp({ create: { width, height, channels: 3, background: 'black', noise } })
    .toFormat(format, effort[format] ?? {})
    .toBuffer();
}

/** A form with this file, as a browser sends it. */
export function formWith(content: Uint8Array, name = 'picture', type = 'application/octet-stream'): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(content)], { type }), name);
  return form;
}

/** Sends a form to where uploads go. */
export async function sendForm(
  api: Api,
  form: FormData,
  headers: Record<string, string> = {},
): Promise<Reply<MediaBody>> {
  const response = await fetch(`${api.baseUrl}/api/media`, {
    method: 'POST',
    body: form,
    headers: { ...(api.token !== undefined && { authorization: `Token ${api.token}` }), ...headers },
  });
  return replyOf(response.status, response.headers, await response.text()) as Reply<MediaBody>;
}

/** Uploads a picture. */
export async function upload(person: Person, content: Uint8Array): Promise<MediaBody['media']> {
  const reply = await sendForm(person.api, formWith(content));
  if (reply.status !== 202) throw new Error(`upload answered ${reply.status}: ${reply.text}`);
  return reply.body.media;
}

/** Asks for a picture's status until it is as wanted. */
export async function mediaThatIs(
  api: Api,
  hash: string,
  isWanted: (media: MediaBody['media']) => boolean,
  within = 60_000,
): Promise<MediaBody['media']> {
  const deadline = performance.now() + within;
  for (;;) {
    const reply = await api.get<MediaBody>(`/api/media/${hash}`);
    if (reply.status !== 200) throw new Error(`the status answered ${reply.status}: ${reply.text}`);
    if (isWanted(reply.body.media)) return reply.body.media;
    if (performance.now() > deadline) throw new Error(`still not as wanted: ${reply.text}`);
    await pause(50);
  }
}

/** Waits until a picture's variants are made, or cannot be. */
export const settled = (api: Api, hash: string, within?: number) =>
  mediaThatIs(api, hash, ({ status }) => status !== 'pending', within);

/** Uploads a picture and waits until it can be shown. */
export async function uploadReady(person: Person, content: Uint8Array): Promise<MediaBody['media']> {
  const { hash } = await upload(person, content);
  const media = await settled(person.api, hash);
  if (media.status !== 'ready') throw new Error(`the picture is ${media.status}: ${media.reason}`);
  return media;
}
