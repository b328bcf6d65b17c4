/** The OpenAPI document of a module's routes, as its host serves it at `/docs-json`. */
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { documentOf } from '@tearline/host';
import type { ModuleManifest } from '@tearline/seam';

/** Reads the metadata of the controllers: providers are not constructed, and what the host would provide is not needed. */
export async function exportRoutes(manifest: ModuleManifest): Promise<object> {
  const preview = await Test.createTestingModule({ imports: [await manifest.load()] })
    .useMocker(() => ({}))
    .compile({ preview: true });
  const app = preview.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  return documentOf(app, 'of the contract');
}
