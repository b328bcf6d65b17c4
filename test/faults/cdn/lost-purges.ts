import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '@tearline/process';
import { assignCores } from '../../../measure/src/kit/machine.js';
import { temporaryDir } from '../../../measure/src/kit/temporary-dir.js';
import { startVarnish } from '../../../measure/src/kit/varnish.js';
import { Api } from '../../support/api-client.js';
import { type ArticleBody, articlePath, publish, register } from '../../support/conduit.js';
import { startApp } from '../../support/running-app.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

const PAUSE_MS = 200;

/**
 * Runs the monolith behind an edge cache that no purge reaches any more, changes articles whose pages are stored, and reads them as
 * an anonymous reader until the change is there.
 * @param changes one after the other, five a second
 * @returns for each change the seconds for which readers saw the old page
 */
export async function lostPurges(changes: number): Promise<number[]> {
  await using cleanup = new AsyncDisposableStack();
  const dir = await temporaryDir('cdn', cleanup);
  const [port, purgePort] = (await freePorts(2)) as [number, number];
  const purges = new TcpProxy(new URL(`http://127.0.0.1:${purgePort}`));
  await purges.listen();
  cleanup.defer(() => purges.close());
  const purgeSecret = randomBytes(32).toString('base64url');
  const app = await startApp({
    env: {
      CDN_PURGE_URLS: purges.url.replace(/\/$/, ''),
      CDN_PURGE_SECRET: purgeSecret,
    },
  });
  cleanup.defer(async () => void (await app.stop()));
  const edge = await startVarnish(
    dir,
    { port, purgePort, originPort: Number(new URL(app.url).port), purgeSecret, cores: assignCores([]) },
    cleanup,
  );

  const api = new Api(edge.url);
  const author = await register(new Api(app.url));
  const paths: string[] = [];
  for (let index = 0; index < changes; index += 1) paths.push(articlePath((await publish(author)).slug));
  for (const path of paths) await untilStored(edge.url + path);

  purges.freeze();
  return await Promise.all(
    paths.map(async (path, index) => {
      await pause(index * PAUSE_MS);
      const description = 'changed';
      const { status } = await author.api.put(path, { article: { description } });
      if (status !== 200) throw new Error(`PUT ${path} answered ${status}`);
      const answered = performance.now();
      while ((await api.get<ArticleBody>(path)).body.article.description !== description) await pause(20);
      return (performance.now() - answered) / 1_000;
    }),
  );
}

async function untilStored(url: string): Promise<void> {
  while ((await fetch(url)).headers.get('x-cache') !== 'HIT') await pause(20);
}
