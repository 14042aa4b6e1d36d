import { connect } from 'node:net';
import { once } from 'node:events';
import { registryEndpoint } from '../registry/endpoint.ts';
import { ProxySettings } from '../registry/transport/proxy.ts';
import { joinAuthority } from '../registry/authority.ts';
import type { Check } from './check.ts';
import { readCredentialsFile } from './credentials-file.ts';
import { registryNames } from './registry-names.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark } from './remark.ts';

const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const connectMs = 5000;

/** What the environment says of proxies, whether they answer, and which registries are reached through them. */
export function proxyCheck(patient: Patient): Check {
  const { environment } = patient.surroundings;
  return {
    name: 'proxy',
    timeoutMs: connectMs + 2000,
    run: async (signal) => {
      const settings = new ProxySettings(environment);
      const set = names.filter((name) => (environment[name] ?? '') !== '');
      if (set.length === 0) return [ok('', 'none: registries are reached directly')];
      const file = await readCredentialsFile(patient.options).catch(() => undefined);
      const ways = registryNames(patient, file).map((name) => ({ name, proxy: proxyOf(settings, name) }));
      const proxies = new Map(ways.flatMap(({ proxy }) => (proxy === undefined ? [] : [[addressOf(proxy), proxy]])));
      const direct = ways.filter(({ proxy }) => proxy === undefined).map(({ name }) => name);
      const through = [...proxies].map(async ([address, proxy]) => {
        const users = ways.filter((way) => way.proxy !== undefined && addressOf(way.proxy) === address);
        return proxyRemark(
          address,
          proxy,
          users.map(({ name }) => name),
          signal,
        );
      });
      return [
        ok('', `${set.join(', ')} set${direct.length === 0 ? '' : `; reached directly: ${direct.join(', ')}`}`),
        ...(await Promise.all(through)),
      ];
    },
  };
}

function proxyOf(settings: ProxySettings, registry: string): URL | undefined {
  const { hostname, port } = registryEndpoint(registry);
  return settings.proxyFor('https', hostname, port ?? 443);
}

/** Without its user name and password. */
function addressOf({ protocol, hostname, port }: URL): string {
  return joinAuthority(hostname, port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));
}

async function proxyRemark(
  address: string,
  proxy: URL,
  registries: readonly string[],
  signal: AbortSignal,
): Promise<Remark> {
  const used = `for ${registries.join(', ')}`;
  const socket = connect({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
  });
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(connectMs)]) });
    return ok(address, `answers; ${used}`);
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'no answer';
    return problem(
      address,
      `cannot be reached (${reason}); it is ${used}`,
      'Correct HTTPS_PROXY, or add the registries to NO_PROXY.',
    );
  } finally {
    socket.destroy();
  }
}
