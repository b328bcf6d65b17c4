import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { follow, publish, register } from '../support/conduit.js';
import { startApp } from '../support/running-app.js';

const patiently = { timeout: 20_000, interval: 50 };

/** A server that takes whatever it is given. */
async function mailServer() {
  const taken: { to: string; message: Promise<string> }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, done) {
      taken.push({ to: envelope.rcptTo[0]!.address, message: text(stream) });
      stream.on('end', done);
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return { taken, port: (server.server.address() as AddressInfo).port };
}

it('e-mail reaches only the users who asked for it', async () => {
  const { taken, port } = await mailServer();
  const app = await startApp({
    env: {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'Conduit <hello@conduit.example>',
      MAIL_DELAY_SECONDS: '0',
    },
  });
  onTestFinished(async () => void (await app.stop()));
  const api = new Api(app.url);
  const [author, asked, other] = [await register(api), await register(api), await register(api)];
  const email = { publish: true, favorite: true };
  await asked.api.put('/api/notifications/preferences', { preferences: { email } });
  await author.api.put('/api/notifications/preferences', { preferences: { email: { follow: true } } });
  await follow(asked, author);
  await expect.poll(() => taken.map(({ to }) => to), patiently).toEqual([author.email]);
  expect(await taken[0]!.message).toContain(`Subject: ${asked.username} followed you`);
  // The first one is unread still, so that this joins it without another e-mail.
  await follow(other, author);
  const { title } = await publish(author);
  await expect.poll(() => taken.map(({ to }) => to), patiently).toEqual([author.email, asked.email]);
  expect(await taken[1]!.message).toContain(title);
});
