import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Transactions } from '@tearline/database';
import type { RunningJob } from '@tearline/events';
import { Registry } from 'prom-client';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GroupsService } from '../activity/groups.service.js';
import { NotificationsDatabase } from '../fixtures/notifications-database.fixture.js';
import type { InboxChanges } from '../inbox/inbox-changes.js';
import type { NotificationsSettings } from '../notifications.settings.js';
import { PreferencesService } from '../preferences/preferences.service.js';
import { EmailWorker } from './email.worker.js';
import { EmailLog } from './email-log.js';
import { Mailer } from './mailer.js';
import type { EmailQueue } from './email-queue.js';

const inbox = new NotificationsDatabase();
beforeAll(() => inbox.start());
beforeAll(() => Logger.overrideLogger(false));
afterAll(() => inbox.stop());

/** What the server took over, and how it is to behave for the next message. */
interface MailServer {
  port: number;
  taken: string[];
  /** Messages whose acknowledgement is not sent: the connection breaks instead. */
  loseAcknowledgements: number;
  /** Answers for the next messages instead of taking them. */
  refusals: { responseCode: number; at: 'rcpt' | 'data' }[];
  close(): Promise<void>;
}

const servers: MailServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function mailServer(): Promise<MailServer> {
  const refuse = (at: 'rcpt' | 'data') => {
    const next = self.refusals[0];
    if (next?.at !== at) return undefined;
    self.refusals.shift();
    return Object.assign(new Error('not here'), { responseCode: next.responseCode });
  };
  const options: SMTPServerOptions = {
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(refuse('rcpt') ?? null),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const refusal = refuse('data');
        if (refusal) return done(refusal);
        self.taken.push(String(Buffer.concat(chunks)));
        if (self.loseAcknowledgements === 0) return done();
        self.loseAcknowledgements -= 1;
        for (const connection of server.connections as Set<{ id: string; close(): void }>)
          if (connection.id === session.id) connection.close();
      });
    },
  };
  const server = new SMTPServer(options);
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: MailServer = {
    port: (server.server.address() as AddressInfo).port,
    taken: [],
    loseAcknowledgements: 0,
    refusals: [],
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  servers.push(self);
  return self;
}

let users = 0;

/** A user who wants e-mail, has a new follower, and what sends that. */
async function notified(port: number, { perHour = 20 } = {}) {
  const userId = (users += 1);
  const registry = new Registry();
  const settings = {
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'Conduit <hello@conduit.example>',
    MAILS_PER_HOUR: perHour,
  } as NotificationsSettings;
  const mailer = new Mailer(settings);
  const emails = new EmailWorker(
    settings,
    inbox.identity,
    inbox.reads,
    inbox.views,
    new PreferencesService(inbox.reader, undefined as unknown as Transactions),
    new EmailLog(inbox.dataSource),
    mailer,
    registry,
  );
  await inbox.query(`insert into preferences (user_id, email) values ($1, '{follow,comment}')`, [userId]);
  const groups = new GroupsService(
    { add: () => undefined } as unknown as InboxChanges,
    { add: async () => undefined } as unknown as EmailQueue,
  );
  const act = { userId, kind: 'follow' as const, articleId: 0, actorId: 1_000_000, subject: 0 };
  const job = { complete: (work) => inbox.transaction(work) } as RunningJob;
  const count = async (name: string) =>
    (await registry.getSingleMetric(name)!.get()).values.reduce((sum, { value }) => sum + value, 0);
  await inbox.transaction((manager) => groups.add(manager, act, new Date()));
  return {
    userId,
    send: (kind: 'follow' | 'favorite' | 'comment' = 'follow', articleId = 0) =>
      emails.send({ userId, kind, articleId }, job),
    follow: (actorId: number) =>
      inbox.transaction((manager) => groups.add(manager, { ...act, actorId }, new Date())),
    comment: (articleId: number) =>
      inbox.transaction((manager) => groups.add(manager, { ...act, kind: 'comment', articleId }, new Date())),
    unfollow: () => inbox.transaction((manager) => groups.undo(manager, act)),
    read: () => inbox.query('update notifications set read_at = now() where user_id = $1', [userId]),
    doubled: () => count('emails_possibly_doubled_total'),
    attempts: () => count('emails_total'),
  };
}

const messageIds = (messages: readonly string[]) =>
  messages.map((message) => /^Message-ID: (.*)$/im.exec(message)![1]!.trim());

describe('an e-mail', () => {
  it('reaches the user, as text and as HTML, with an id that is always the same', async () => {
    const server = await mailServer();
    const { send, userId, doubled } = await notified(server.port);
    await send();
    expect(server.taken).toHaveLength(1);
    const [message] = server.taken;
    expect(message).toMatch(/^From: Conduit <hello@conduit.example>$/m);
    expect(message).toMatch(new RegExp(`^To: <?user${userId}@example.com>?\r?$`, 'm'));
    expect(message).toMatch(/^Subject: user1000000 followed you\r?$/m);
    expect(message).toContain('text/plain');
    expect(message).toContain('text/html');
    expect(messageIds(server.taken)).toEqual([`<notification.${userId}.1@conduit.example>`]);
    expect(await doubled()).toBe(0);
  });

  it('is sent once when its job is repeated', async () => {
    const server = await mailServer();
    const { send, attempts } = await notified(server.port);
    await send();
    await send();
    expect(server.taken).toHaveLength(1);
    expect(await attempts()).toBe(1);
  });

  it('is not sent for read, withdrawn or unwanted notifications', async () => {
    const server = await mailServer();
    const reader = await notified(server.port);
    await reader.read();
    await reader.send();
    const left = await notified(server.port);
    await left.unfollow();
    await left.send();
    const other = await notified(server.port);
    await other.send('favorite', 7);
    await inbox.query(`update preferences set email = '{}' where user_id = $1`, [other.userId]);
    await other.send();
    expect(server.taken).toEqual([]);
  });

  it('is not sent for deleted articles or notifications older than a day', async () => {
    const server = await mailServer();
    const { send, comment, userId } = await notified(server.port);
    await comment(77);
    inbox.deletedArticles.add(77);
    await send('comment', 77);
    await inbox.query(
      `update notifications set created_at = now() - interval '25 hours' where user_id = $1`,
      [userId],
    );
    await send();
    expect(server.taken).toEqual([]);
  });

  it('is sent again with the same id, and counted, when the acknowledgement was lost', async () => {
    const server = await mailServer();
    server.loseAcknowledgements = 1;
    const { send, doubled } = await notified(server.port);
    await expect(send()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await doubled()).toBe(0);
    await send();
    expect(await doubled()).toBe(1);
    expect(server.taken).toHaveLength(2);
    expect(new Set(messageIds(server.taken)).size).toBe(1);
    await send();
    expect(server.taken).toHaveLength(2);
  });

  it('is not resent forever to a server that never acknowledges', async () => {
    const server = await mailServer();
    server.loseAcknowledgements = 100;
    const { send, doubled } = await notified(server.port);
    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(send()).rejects.toMatchObject({ code: 'unavailable' });
    await send();
    expect(server.taken).toHaveLength(3);
    expect(await doubled()).toBe(2);
  });

  it.each(['rcpt', 'data'] as const)('is not sent again when it was refused for good (%s)', async (at) => {
    const server = await mailServer();
    server.refusals = [{ responseCode: 550, at }];
    const { send, attempts } = await notified(server.port);
    await send();
    await send();
    expect(server.taken).toEqual([]);
    expect(await attempts()).toBe(1);
  });

  it.each(['rcpt', 'data'] as const)(
    'is sent when it was refused for now (%s), without doubt',
    async (at) => {
      const server = await mailServer();
      server.refusals = [{ responseCode: 451, at }];
      const { send, doubled } = await notified(server.port);
      await expect(send()).rejects.toMatchObject({ code: 'unavailable' });
      await send();
      expect(server.taken).toHaveLength(1);
      expect(await doubled()).toBe(0);
    },
  );

  it('is sent when the server is back, and not counted as a possible duplicate', async () => {
    const away = await mailServer();
    await away.close();
    servers.length = 0;
    const { send, doubled, userId } = await notified(away.port);
    await expect(send()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await doubled()).toBe(0);
    expect(await inbox.query('select state from emails where user_id = $1', [userId])).toEqual([
      { state: 'failed' },
    ]);
  });

  it('is limited per user and hour', async () => {
    const server = await mailServer();
    const { send, read, follow } = await notified(server.port, { perHour: 2 });
    for (const actor of [5, 6, 7]) {
      await send();
      await read();
      await follow(actor);
    }
    expect(server.taken).toHaveLength(2);
  });
});
