/** At most about `maxLength` UTF-16 units: beginning and end of the text, and in between its `size` in words. No surrogate is split. */
export function cutMiddle(text: string, maxLength: number, size = `${String(text.length)} characters`): string {
  if (text.length <= maxLength) return text;
  const note = `…[${size}, the middle is left out]…`;
  const room = Math.max(0, maxLength - note.length);
  const head = Math.ceil(room / 2);
  return `${text.slice(0, head)}${note}${text.slice(text.length - (room - head))}`.toWellFormed();
}

/** The result of `compose` for the largest length, up to `maxBytes`, whose size is within `maxBytes`; `compose(0)` when none is. */
export function fit(compose: (maxLength: number) => string, size: (text: string) => number, maxBytes: number): string {
  const whole = compose(maxBytes);
  if (size(whole) <= maxBytes) return whole;
  let low = 0;
  let high = maxBytes;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (size(compose(middle)) <= maxBytes) low = middle;
    else high = middle;
  }
  return compose(low);
}
