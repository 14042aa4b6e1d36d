const maxShown = 160;
const maxRead = 4096;

/**
 * A reference as it may stand in a message: without control characters, cut to a bearable length, and without the two
 * places where people put secrets, `user:password@` and a query.
 */
export function shownInput(text: string): string {
  const shown = withoutUserInfo(withoutQuery(text.slice(0, maxRead))).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return shown.length > maxShown || text.length > maxRead ? `${shown.slice(0, maxShown)}…` : shown;
}

/** {@link shownInput} in double quotes. */
export function quoteInput(text: string): string {
  return JSON.stringify(shownInput(text));
}

function withoutQuery(text: string): string {
  const query = text.indexOf('?');
  return query === -1 ? text : `${text.slice(0, query)}?…`;
}

function withoutUserInfo(text: string): string {
  const at = text.lastIndexOf('@');
  if (at === -1) return text;
  const before = text.slice(0, at);
  const after = text.slice(at + 1);
  const isDigestLike = /^[a-z0-9]{1,16}:[0-9a-f]{16}/i.test(after);
  const maybeUserInfo = before.includes('@') || after.includes('/') || (before.includes(':') && !isDigestLike);
  return maybeUserInfo ? `…@${after}` : text;
}
