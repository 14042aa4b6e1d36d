import type { Log } from '../core/log.ts';
import type { Secret } from '../core/secret.ts';
import { allHeaders } from './transport/http-header.ts';
import type { ResponseHeaders } from './transport/http-header.ts';
import { safeText, withoutSecrets } from '../core/safe-text.ts';

const maxTextChars = 1024;
const maxNoted = 1000;
const prefix = '299 - "';

/** Logs what registries warn of, each text of each host once. */
export class RegistryWarnings {
  readonly #log: Log;
  readonly #noted = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `secrets` are what the host was sent and may have echoed. */
  note(host: string, headers: ResponseHeaders, secrets: readonly Secret[] = []): void {
    for (const header of allHeaders(headers, 'warning')) {
      const said = parseWarning(header);
      // After its escapes are undone: a quote or a backslash in a secret has one.
      const text = said && withoutSecrets(said, secrets);
      const key = `${host} ${text ?? ''}`;
      if (text === undefined || this.#noted.has(key) || this.#noted.size >= maxNoted) continue;
      this.#noted.add(key);
      this.#log.warn('the registry warns', { registry: host, text: safeText(text, maxTextChars) });
    }
  }
}

/**
 * The text of `299 - "text"`, the one form that registries may send, or undefined for any other.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#warnings
 */
export function parseWarning(header: string): string | undefined {
  if (!header.startsWith(prefix) || !header.endsWith('"') || header.length <= prefix.length) return undefined;
  let text = '';
  for (let at = prefix.length; at < header.length - 1; at += 1) {
    let char = header.charAt(at);
    if (char === '"' || char < ' ' || char === '\u007f') return undefined;
    if (char === '\\') {
      at += 1;
      char = header.charAt(at);
      if (at === header.length - 1 || (char !== '"' && char !== '\\')) return undefined;
    }
    text += char;
  }
  return text === '' ? undefined : text;
}
