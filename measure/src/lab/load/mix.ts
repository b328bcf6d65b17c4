import { didYouMean } from '@tearline/topology';
import { endpoints, type Shot } from '../../bench/endpoints.js';
import type { Samples } from '../../bench/samples.js';
import type { Uploads } from './uploads.js';

/** By endpoint its part of all requests. */
export type Mix = Readonly<Record<string, number>>;

/** A request, with the endpoint's name. */
export interface NamedShot extends Shot {
  readonly endpoint: string;
}

export const ENDPOINTS = [...endpoints.map(({ name }) => name), 'upload'];

/** A site that is read far more than written. Passwords and pictures are rare, but each costs as much as a hundred reads. */
export const USUAL: Mix = {
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

/**
 * @param text `article=50,list=30,login=1`
 * @throws Error that names the part that makes no sense
 */
export function parseMix(text: string): Mix {
  const entries = text.split(',').map((part) => {
    const [, name = '', weight = ''] = /^\s*([a-z]+)\s*=\s*(\d+(?:[.]\d+)?)\s*$/.exec(part) ?? [];
    if (name === '')
      throw new Error(`--mix '${part}': must be <endpoint>=<part of the requests>, e.g. article=50,list=30`);
    if (!ENDPOINTS.includes(name))
      throw new Error(`--mix: no endpoint '${name}'${didYouMean(name, ENDPOINTS)}`);
    return [name, Number(weight)] as const;
  });
  const mix = Object.fromEntries(entries.filter(([, weight]) => weight > 0));
  if (Object.keys(mix).length === 0) throw new Error('--mix: some endpoint must have a part above 0');
  return mix;
}

/** The same part for each endpoint. */
export const evenly = (mix: Mix): Mix => Object.fromEntries(Object.keys(mix).map((name) => [name, 1]));

/** Makes requests of a mix. */
export class Requests {
  readonly #shots: ReadonlyMap<string, readonly Shot[]>;

  constructor(samples: Samples, uploads: Uploads) {
    const made = endpoints.map((endpoint) => [endpoint.name, endpoint.shots(samples)] as const);
    this.#shots = new Map([...made, ['upload', uploads.requests(samples.tokens)]]);
  }

  /** @param random from 0 to 1; the same numbers give the same requests */
  take(mix: Mix, count: number, random: () => number): NamedShot[] {
    const names = Object.keys(mix);
    const total = names.reduce((sum, name) => sum + mix[name]!, 0);
    const taken = new Map(names.map((name) => [name, Math.floor(random() * 1000)]));
    return Array.from({ length: count }, () => {
      let left = random() * total;
      const endpoint = names.find((name) => (left -= mix[name]!) < 0) ?? names[0]!;
      const shots = this.#shots.get(endpoint)!;
      const index = taken.get(endpoint)!;
      taken.set(endpoint, index + 1);
      return { ...shots[index % shots.length]!, endpoint };
    });
  }
}
