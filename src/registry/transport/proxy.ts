import { RunnerError } from '../../core/errors.ts';
import { NoProxy } from './no-proxy.ts';

/** The proxies of the environment, read once (registry-behaviour 5.7; upper case before lower case, as Go does). */
export class ProxySettings {
  readonly #http: URL | undefined;
  readonly #https: URL | undefined;
  readonly #noProxy: NoProxy;

  /** Throws `CFG_OPTION` for a proxy that is no http or https URL; the message never holds its value: it may hold a password. */
  constructor(environment: NodeJS.ProcessEnv) {
    // Under CGI, HTTP_PROXY is a header of the request (httpoxy, CVE-2016-5385).
    const isCgi = (environment['REQUEST_METHOD'] ?? '') !== '';
    this.#http = isCgi ? undefined : proxyUrl(environment, ['HTTP_PROXY', 'http_proxy']);
    this.#https = proxyUrl(environment, ['HTTPS_PROXY', 'https_proxy']);
    this.#noProxy = new NoProxy(environment[nameOfSet(environment, ['NO_PROXY', 'no_proxy']) ?? ''] ?? '');
  }

  /** The proxy to reach the host by, or undefined to dial it. */
  proxyFor(scheme: 'http' | 'https', hostname: string, port: number): URL | undefined {
    const proxy = scheme === 'http' ? this.#http : this.#https;
    return proxy === undefined || this.#noProxy.matches(hostname, port) ? undefined : proxy;
  }
}

function proxyUrl(environment: NodeJS.ProcessEnv, names: readonly string[]): URL | undefined {
  const name = nameOfSet(environment, names);
  if (name === undefined) return undefined;
  const text = environment[name] ?? '';
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || !isUsable(url)) {
    throw new RunnerError('CFG_OPTION', `the environment variable ${name} holds no proxy URL that can be used`, {
      hint: `Set ${name} to http://host:port or https://host:port, with reserved characters of user name and password percent-encoded.`,
    });
  }
  return url;
}

/** A variable that is set to nothing counts as not set. */
function nameOfSet(environment: NodeJS.ProcessEnv, names: readonly string[]): string | undefined {
  return names.find((name) => (environment[name] ?? '') !== '');
}

function isUsable(url: URL): boolean {
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return false;
  }
  return url.protocol === 'http:' || url.protocol === 'https:';
}
