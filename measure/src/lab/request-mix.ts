import { InvalidArgumentError } from 'commander';
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { endpointNames, endpoints } from '../kit/endpoints.js';
import type { HttpRequest } from '../kit/http-request.js';
import type { Samples } from '../kit/samples.js';
import { sum } from '../kit/statistics.js';
import { uploadOf } from '../kit/uploads.js';

/** The weight of each endpoint in the load. */
export type Mix = Readonly<Record<string, number>>;

/** A request, with the endpoint's name. */
export interface EndpointRequest extends HttpRequest {
  readonly endpoint: string;
}

export const ENDPOINTS = [...endpointNames, 'upload'];

/** Far more reads than writes. Logins and uploads are rare, but each costs as much as a hundred reads. */
export const DEFAULT_MIX: Mix = {
  list: 20,
  tag: 8,
  author: 4,
  article: 26,
  feed: 10,
  tags: 6,
  profile: 8,
  comments: 11,
  favorite: 4,
  create: 1.5,
  login: 1,
  upload: 0.5,
};

/** Parses a mix, e.g. `article=50,list=30,login=1`. */
export function parseMix(text: string): Mix {
  const entries = text.split(',').map((part) => {
    const [, name = '', weight = ''] = /^\s*([a-z]+)\s*=\s*(\d+(?:[.]\d+)?)\s*$/.exec(part) ?? [];
    if (name === '')
      throw new InvalidArgumentError(`Expected <endpoint>=<weight>, e.g. article=50,list=30; got '${part}'.`);
    if (!ENDPOINTS.includes(name))
      throw new InvalidArgumentError(`No endpoint '${name}'; expected any of ${ENDPOINTS.join(', ')}.`);
    return [name, Number(weight)] as const;
  });
  const mix = Object.fromEntries(entries.filter(([, weight]) => weight > 0));
  if (Object.keys(mix).length === 0) throw new InvalidArgumentError('Expected a weight above 0.');
  return mix;
}

export const uniformMix = (mix: Mix): Mix => Object.fromEntries(Object.keys(mix).map((name) => [name, 1]));

/** Draws requests from a mix. */
export class RequestGenerator {
  readonly #requests: ReadonlyMap<string, readonly HttpRequest[]>;

  private constructor(samples: Samples, picture: Buffer) {
    // Bytes behind the picture make each upload a new one.
    const upload = (token: string) => uploadOf(token, () => Buffer.concat([picture, randomBytes(8)]));
    this.#requests = new Map([
      ...endpoints.map((endpoint) => [endpoint.name, endpoint.requests(samples)] as const),
      ['upload', samples.tokens.map(upload)],
    ]);
  }

  static async create(samples: Samples): Promise<RequestGenerator> {
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
    const image = sharp({ create: { width: 480, height: 320, channels: 3, background: 'teal', noise } });
    return new RequestGenerator(samples, await image.jpeg({ quality: 60 }).toBuffer());
  }

  /** @param random from 0 to 1; the same numbers give the same requests */
  generate(mix: Mix, count: number, random: () => number): EndpointRequest[] {
    const names = Object.keys(mix);
    const total = sum(Object.values(mix));
    const positions = new Map(names.map((name) => [name, Math.floor(random() * 1000)]));
    return Array.from({ length: count }, () => {
      let left = random() * total;
      const endpoint = names.find((name) => (left -= mix[name]!) < 0) ?? names[0]!;
      const requests = this.#requests.get(endpoint)!;
      const position = positions.get(endpoint)!;
      positions.set(endpoint, position + 1);
      return { ...requests[position % requests.length]!, endpoint };
    });
  }
}
