import { fileURLToPath } from 'node:url';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { type ClientOf, contract, Implements, query, Seam, seamModules, seamServer } from '@tearline/seam';
import { ClsModule, ClsService } from 'nestjs-cls';
import {
  AcceptLanguageResolver,
  I18N_OPTIONS,
  I18nContext,
  I18nModule,
  type I18nOptions,
  I18nService,
} from 'nestjs-i18n';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clsCarrier } from './cls.carrier.js';
import { i18nCarrier } from './i18n.carrier.js';

const TextsContract = contract('texts', { hello: query({ output: z.string() }) });
type Texts = ClientOf<typeof TextsContract>;

@Implements(TextsContract)
@Injectable()
class TextsService implements Texts {
  constructor(private readonly cls: ClsService) {}

  async hello() {
    const tenant = this.cls.isActive() ? this.cls.get<string>('tenant') : 'none';
    return I18nContext.current()?.t('shop.hello', { args: { tenant } }) ?? 'no language';
  }
}
@Module({ providers: [TextsService] })
class TextsModule {}

@Controller('hello')
class HelloController {
  constructor(@Seam(TextsContract) private readonly texts: Texts) {}

  @Get()
  hello() {
    return this.texts.hello();
  }
}
@Module({ controllers: [HelloController] })
class HelloModule {}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Host {
  modules?: string;
  address?: string;
  checked?: boolean;
  hasCarriers?: boolean;
}

async function host({ modules, address, checked = false, hasCarriers = true }: Host) {
  const testing = await Test.createTestingModule({
    imports: [
      ClsModule.forRoot({
        global: true,
        middleware: {
          mount: true,
          setup: (cls, request: { headers: Record<string, string> }) =>
            cls.set('tenant', request.headers['x-tenant']),
        },
      }),
      I18nModule.forRoot({
        fallbackLanguage: 'en',
        logging: false,
        loaderOptions: { path: fileURLToPath(new URL('translations/', import.meta.url)) },
        resolvers: [AcceptLanguageResolver],
      }),
      seamModules(
        { texts: TextsModule, hello: HelloModule },
        {
          modules,
          inject: [ClsService, I18nService, I18N_OPTIONS],
          useFactory: (cls: ClsService, i18n: I18nService, options: I18nOptions) => ({
            carriers: hasCarriers ? [clsCarrier(cls, 'tenant'), i18nCarrier(i18n, options)] : [],
            credential: { secret: 'at-least-16-characters' },
            addresses: { texts: address },
            checked,
          }),
        },
      ),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  closing.push(() => app.close());
  await app.listen(0, '127.0.0.1');
  const hello = async (tenant: string, language: string) => {
    const headers = { 'x-tenant': tenant, 'accept-language': language };
    return (await fetch(`${await app.getUrl()}/hello`, { headers })).text();
  };
  return { app, hello };
}

async function twoHosts(options: Host = {}) {
  const { app } = await host({ modules: 'texts', ...options });
  const { port } = await seamServer(app, { port: 0 });
  return host({ modules: 'hello', address: `127.0.0.1:${port}`, ...options });
}

describe.each([
  ['in one process', () => host({})],
  ['in one process, checked', () => host({ checked: true })],
  ['in two hosts', () => twoHosts()],
])('tenant and language, %s,', (_, open) => {
  it('are those of the request', async () => {
    const { hello } = await open();
    expect(await hello('acme', 'de')).toBe('Hallo von acme');
    expect(await Promise.all([hello('one', 'en'), hello('two', 'de')])).toEqual([
      'Hello from one',
      'Hallo von two',
    ]);
  });
});

it('without the carriers they are missing between hosts, and checked mode shows that in one process', async () => {
  const seen = [await host({ checked: true, hasCarriers: false }), await twoHosts({ hasCarriers: false })];
  for (const { hello } of seen) expect(await hello('acme', 'de')).toBe('no language');
});
