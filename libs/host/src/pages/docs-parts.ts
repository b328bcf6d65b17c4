import type { OpenAPIObject } from '@nestjs/swagger';

const DOCS_TIMEOUT_MS = 2_000;

/** A description together with those of other hosts; a host that does not answer is named in the text. */
export async function withRemoteDocs(
  own: OpenAPIObject,
  addresses: readonly string[],
): Promise<OpenAPIObject> {
  const answers = await Promise.allSettled(addresses.map(partAt));
  const parts = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const isWhole = parts.length === addresses.length;
  const description = isWhole
    ? own.info.description
    : `${own.info.description}\n\n**Not all of it is here:** a part of the API does not answer now.`;
  return {
    ...own,
    info: { ...own.info, ...(description && { description }) },
    paths: merged([own, ...parts].map(({ paths }) => paths)),
    components: {
      ...own.components,
      schemas: merged([own, ...parts].map(({ components }) => components?.schemas ?? {})),
    },
  };
}

async function partAt(address: string): Promise<OpenAPIObject> {
  const response = await fetch(`${address}/docs-json`, { signal: AbortSignal.timeout(DOCS_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return (await response.json()) as OpenAPIObject;
}

/** No two hosts describe the same path, and a schema of one name is the same everywhere. */
function merged<T>(parts: readonly Record<string, T>[]): Record<string, T> {
  return Object.assign({}, ...parts.toReversed()) as Record<string, T>;
}
