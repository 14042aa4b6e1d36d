/*
 * The atoms of distribution/reference's grammar, each one a single pass without backtracking.
 * https://github.com/distribution/reference/blob/main/regexp.go
 */

const lowerAlphanumeric = /^[a-z0-9]$/;

/** One path component: lower-case alphanumerics joined by one `.`, one `_`, two `__`, or any run of `-`. */
export function isPathComponent(text: string): boolean {
  let separator = '';
  let before = false;
  for (const character of text) {
    if (!lowerAlphanumeric.test(character)) {
      separator += character;
      continue;
    }
    if (separator !== '' && !(before && isSeparator(separator))) return false;
    separator = '';
    before = true;
  }
  return before && separator === '';
}

function isSeparator(text: string): boolean {
  return text === '.' || text === '_' || text === '__' || /^-+$/.test(text);
}

/** One dot-free part of a host name: letters, digits and inner hyphens. */
export function isHostLabel(text: string): boolean {
  return /^[A-Za-z0-9-]+$/.test(text) && !text.startsWith('-') && !text.endsWith('-');
}

/** `[…]` holding hex digits and colons; whether it is an address is for the URL parser to say. */
export function isBracketedAddress(text: string): boolean {
  return /^\[[0-9A-Fa-f:]+\]$/.test(text);
}

export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
}

export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

export function hasUpperCase(text: string): boolean {
  return /[A-Z]/.test(text);
}
