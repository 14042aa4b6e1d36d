import { isJsonObject } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';

/** One host of a hosts.toml, as written. */
export interface HostEntry {
  /** `http` or `https`, host and base path of the API; undefined for the registry itself. */
  readonly url:
    { readonly scheme: 'http' | 'https'; readonly authority: string; readonly basePath: string } | undefined;
  readonly mayPull: boolean;
  readonly mayResolve: boolean;
  readonly skipVerify: boolean;
  /** Paths, perhaps relative to the file's folder. */
  readonly caFiles: readonly string[];
  /** The key is in the certificate's file where it has none of its own. */
  readonly clientPairs: readonly { readonly certificate: string; readonly key: string }[];
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
}

/**
 * What a hosts.toml means: its hosts in the order of the file, then the server, or the registry itself where it names none
 * (registry-behaviour 5.10, MR1 to MR4). Throws an error that says what is wrong.
 * https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function readHostsFile(document: JsonObject): readonly HostEntry[] {
  const { server = '', host: hosts = {} } = document;
  if (typeof server !== 'string') throw new TypeError('"server" is no text');
  if (!isJsonObject(hosts)) throw new TypeError('"host" is no table');
  const entries = Object.entries(hosts).map(([url, settings]) => {
    if (!isJsonObject(settings)) throw new TypeError('a host is no table');
    return entryOf(url, settings);
  });
  return [...entries, entryOf(server, document)];
}

/** Of a folder that holds certificates only. */
export function plainEntry(files: Pick<HostEntry, 'caFiles' | 'clientPairs'>): HostEntry {
  return { ...files, url: undefined, mayPull: true, mayResolve: true, skipVerify: false, headers: new Map() };
}

function entryOf(url: string, settings: JsonObject): HostEntry {
  const { skip_verify: skipVerify = false, override_path: overridePath = false } = settings;
  if (typeof skipVerify !== 'boolean') throw new TypeError('"skip_verify" is neither true nor false');
  if (typeof overridePath !== 'boolean') throw new TypeError('"override_path" is neither true nor false');
  return {
    url: url === '' ? undefined : parseHostUrl(url, overridePath),
    ...capabilitiesOf(settings['capabilities'] ?? []),
    skipVerify,
    caFiles: textsOf(settings['ca'] ?? [], 'ca'),
    clientPairs: pairsOf(settings['client'] ?? []),
    headers: headersOf(settings['header'] ?? {}),
  };
}

/** MR2: the API is below `/v2` of the path, but for a path that ends so, or that is to be taken as it is. */
function parseHostUrl(text: string, overridePath: boolean): HostEntry['url'] {
  const full = text.includes('://') ? text : `https://${text}`;
  const url = URL.parse(full);
  if (url === null || url.host === '' || url.username !== '' || url.password !== '' || url.search !== '') {
    throw new TypeError('a host is no URL of scheme, host and path');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TypeError('a host is neither http nor https');
  const path = url.pathname.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
  const basePath = overridePath || path.endsWith('/v2') ? path : `${path}/v2`;
  return { scheme: url.protocol === 'http:' ? 'http' : 'https', authority: url.host, basePath };
}

/** MR3. */
function capabilitiesOf(value: unknown): Pick<HostEntry, 'mayPull' | 'mayResolve'> {
  const names = textsOf(value, 'capabilities').map((name) => name.toLowerCase());
  const unknown = names.find((name) => !['pull', 'resolve', 'push', 'referrers'].includes(name));
  if (unknown !== undefined) throw new TypeError('"capabilities" has an unknown one');
  const isAll = names.length === 0;
  return { mayPull: isAll || names.includes('pull'), mayResolve: isAll || names.includes('resolve') };
}

function pairsOf(value: unknown): HostEntry['clientPairs'] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    const [certificate, key = '', ...rest] = textsOf(item, 'client');
    if (certificate === undefined || rest.length > 0)
      throw new TypeError('"client" has no pair of certificate and key');
    return { certificate, key: key === '' ? certificate : key };
  });
}

function headersOf(value: unknown): HostEntry['headers'] {
  if (!isJsonObject(value)) throw new TypeError('"header" is no table');
  const headers = Object.entries(value).map(([name, text]) => [name, textsOf(text, 'header').join(', ')] as const);
  // What HTTP does not allow would fail every request; nothing of it is shown, as it may be a secret.
  if (
    headers.some(
      ([name, text]) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text),
    )
  )
    throw new TypeError('"header" has a name or value that HTTP does not allow');
  return new Map(headers.map(([name, text]) => [name.toLowerCase(), text]));
}

function textsOf(value: unknown, name: string): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (typeof item !== 'string') throw new TypeError(`"${name}" holds something else than text`);
    return item;
  });
}
