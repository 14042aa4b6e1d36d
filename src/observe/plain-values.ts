import { RunnerError } from '../core/errors.ts';
import type { LogValues } from '../core/log.ts';
import { Secret } from '../core/secret.ts';

const maxTextLength = 4096;
const maxDepth = 6;

/** Log values as plain JSON: secrets redacted, errors as objects, long texts cut, cycles and deep trees ended. */
export function plainValues(values: LogValues): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plain(value, 0)]));
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Secret) return value.toJSON();
  if (value instanceof Error) return plainError(value, depth);
  if (value instanceof Uint8Array) return `[${String(value.length)} bytes]`;
  if (value instanceof URL) return `${value.origin}${value.pathname}`;
  if (depth >= maxDepth) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, 100).map((part) => plain(part, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part, depth + 1)]));
}

/** The message of a foreign error may hold a URL or a header, so a cause is shown by its type and code alone. */
function plainError(error: Error, depth: number): unknown {
  if (!(error instanceof RunnerError)) {
    return { type: error.name, ...codeOf(error), ...(depth === 0 ? { message: cut(error.message) } : {}) };
  }
  const { cause, attempts, ...details } = error.details;
  return {
    code: error.code,
    message: cut(error.message),
    ...details,
    ...(attempts === undefined ? {} : { attempts: attempts.slice(0, 20) }),
    ...(cause instanceof Error ? { cause: plain(cause, depth + 1) } : {}),
  };
}

function codeOf(error: Error): { readonly code?: string } {
  return 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
}

function cut(text: string): string {
  if (text.length <= maxTextLength) return text;
  return `${text.slice(0, maxTextLength)}… (${String(text.length)} characters)`;
}
