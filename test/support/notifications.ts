import type { Api } from './api-client.js';

export interface Notification {
  id: number;
  kind: 'follow' | 'favorite' | 'comment' | 'publish';
  article: { slug: string; title: string } | null;
  actors: { username: string; image: string | null }[];
  actorCount: number;
  createdAt: string;
  updatedAt: string;
  read: boolean;
}

export interface NotificationsBody {
  notifications: Notification[];
  unreadCount: number;
  nextCursor: string | null;
}

/** Returns a user's notifications, newest first. */
export async function notificationsOf({ api }: { api: Api }, query = ''): Promise<NotificationsBody> {
  const reply = await api.get<NotificationsBody>(`/api/notifications${query}`);
  if (reply.status !== 200) throw new Error(`notifications answered ${reply.status}: ${reply.text}`);
  return reply.body;
}

/** A ticket that opens one stream. */
export async function streamTicket({ api }: { api: Api }): Promise<string> {
  const reply = await api.post<{ ticket: string }>('/api/notifications/stream-ticket');
  if (reply.status !== 201) throw new Error(`ticket answered ${reply.status}: ${reply.text}`);
  return reply.body.ticket;
}
