import { parseKey, shownKey } from '../credentials/key.ts';
import type { CredentialsFile } from './credentials-file.ts';

/** One login that stands in the file, or that a helper named there has, and where it would be shown. */
export interface FileLogin {
  /** As in the file, but without user information. */
  readonly key: string;
  /** `host[:port]` */
  readonly domain: string;
  /** Of the key; empty for all of the registry. */
  readonly path: string;
}

/** Keys of one registry each; a pattern of many is only its text. */
export function fileLogins({ config }: CredentialsFile): readonly (FileLogin | string)[] {
  const keys = [...config.entries.keys(), ...config.helpers.hosts.map(({ host }) => host)];
  return [...new Set(keys)].flatMap((text): readonly (FileLogin | string)[] => {
    const key = parseKey(text);
    if (key === undefined) return [];
    if (key.exactHost === undefined) return [shownKey(text)];
    const domain = key.port === '' ? key.exactHost : `${key.exactHost}:${key.port}`;
    return [{ key: shownKey(text), domain, path: key.path.replace(/^\/|\/$/g, '') }];
  });
}
