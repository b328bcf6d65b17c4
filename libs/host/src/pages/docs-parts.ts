import type { OpenAPIObject } from '@nestjs/swagger';

const DOCS_TIMEOUT_MS = 2_000;

/** Merges the OpenAPI document of this host with those of others. If a host does not answer, the description says so. */
export async function withRemoteDocs(
  own: OpenAPIObject,
  addresses: readonly string[],
): Promise<OpenAPIObject> {
  const answers = await Promise.allSettled(addresses.map(fetchDocs));
  const parts = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const isComplete = parts.length === addresses.length;
  const description = isComplete
    ? own.info.description
    : `${own.info.description}\n\n**Incomplete:** a host with a part of the API does not answer.`;
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

async function fetchDocs(address: string): Promise<OpenAPIObject> {
  const response = await fetch(`${address}/docs-json`, { signal: AbortSignal.timeout(DOCS_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return (await response.json()) as OpenAPIObject;
}

/** Merges objects by key. No two hosts describe the same path, and schemas with the same name are the same. */
function merged<T>(parts: readonly Record<string, T>[]): Record<string, T> {
  return Object.assign({}, ...parts.toReversed()) as Record<string, T>;
}
