import type { Notification } from '../notification.schemas.js';

/** An e-mail's subject and body. */
export interface EmailText {
  subject: string;
  text: string;
  html: string;
}

const DID = {
  follow: 'followed you',
  favorite: 'favorited your article',
  comment: 'commented on your article',
  publish: 'published',
} as const;

/** Returns the e-mail of a notification. */
export function emailText({ kind, article, actors, actorCount }: Notification): EmailText {
  const names = namesOf(
    actors.map(({ username }) => username),
    actorCount,
  );
  const action = `${names} ${DID[kind]}`;
  const title = article ? ` “${article.title}”` : '';
  const reason =
    'You get this because you asked for e-mail about it; change that in your notification preferences.';
  return {
    subject: oneLine(`${action}${title}`),
    text: `${action}${title}.\n\n-- \n${reason}\n`,
    html:
      `<p>${escaped(action)}${article ? ` <strong>“${escaped(article.title)}”</strong>` : ''}.</p>` +
      `<p><small>${escaped(reason)}</small></p>`,
  };
}

/** `ann`, `ann and bob`, `ann, bob and 3 others`. */
function namesOf(names: readonly string[], count: number): string {
  if (names.length === 0) return count === 1 ? 'Somebody' : `${count} people`;
  const shown = count <= 2 ? names.slice(0, count) : names.slice(0, 2);
  const others = count - shown.length;
  if (others > 0) return `${shown.join(', ')} and ${others} ${others === 1 ? 'other' : 'others'}`;
  return shown.join(' and ');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

/** A subject is a header, so it is one line of bounded length. */
function oneLine(text: string): string {
  const points = Array.from(text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' '));
  return points.length > 150 ? `${points.slice(0, 149).join('')}…` : points.join('');
}
