import { isDigits } from './grammar.ts';

const maxId = 2_147_483_647;

/**
 * Why an image's `User` cannot be used, or undefined when it can.
 * Ids above 2^31-1 are refused: a runtime that wraps them around starts the process as root (CVE-2024-40635).
 */
export function checkUser(user: string): string | undefined {
  const parts = user.split(':', 3);
  if (parts.length > 2) return 'which has more than a user and a group';
  if (user !== '' && parts.some((part) => part === '')) return 'which lacks a user or a group';
  for (const part of parts) {
    if (/[\s\p{Cc}]/u.test(part)) return 'which holds a blank or control character';
    if (/^[+-][0-9]+$/.test(part)) return 'which is a signed number';
    if (isDigits(part) && Number(part) > maxId) return `which is above ${String(maxId)}`;
  }
  return undefined;
}

/** Whether the user part is a name, which only the image's own /etc/passwd can turn into a number. */
export function isNamedUser(user: string): boolean {
  const [name = ''] = user.split(':', 1);
  return name !== '' && !isDigits(name);
}
