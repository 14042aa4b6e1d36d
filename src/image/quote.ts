const maxShown = 160;

/**
 * A reference as it may stand in a message: quoted, without control characters, cut to a bearable length, and without
 * the two places where people put secrets, `user:password@` and a query.
 */
export function quoteInput(text: string): string {
  const shown = withoutUserInfo(withoutQuery(text.slice(0, 4096)));
  const cut = shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown;
  return JSON.stringify(cut).replaceAll(/[\u007f-\u009f\u2028\u2029]/g, '?');
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
  const maybeUserInfo = after.includes('/') || (before.includes(':') && !startsLikeDigest(after));
  return maybeUserInfo || before.includes('@') ? `…@${after}` : text;
}

function startsLikeDigest(text: string): boolean {
  return /^[a-z0-9]{1,16}:[0-9a-f]{16}/i.test(text);
}
