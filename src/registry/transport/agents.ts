import { Agent } from '../../core/undici-parts.ts';
import type { Dispatcher } from 'undici';
import type { ConnectionStep } from '../../core/attempt.ts';
import type { AddressBook } from './addresses.ts';
import { joinAuthority } from '../authority.ts';
import { mayGetClearCredentials } from './clear-text.ts';
import { guardedConnector } from './connector.ts';
import { shownAt } from '../trust/host-tls.ts';
import type { HostTls } from '../trust/host-tls.ts';
import type { InsecureRegistries } from '../trust/hosts.ts';
import { proxyAgent } from './proxy-agent.ts';
import { isWithinReach } from './reach.ts';
import type { Reach } from './reach.ts';
import { unverifiedTls, verifiedTls } from '../trust/tls-options.ts';
import type { TlsSettings } from '../trust/tls-options.ts';
import type { DialTarget, Timeouts } from './transport-options.ts';

/** Everything by which sockets must not be shared. */
export interface TrustSetting {
  readonly step: ConnectionStep;
  readonly reach: Reach;
  /** Plaintext that may carry credentials, to hosts that are listed or loopback. */
  readonly clearCredentials: boolean;
  readonly proxy: URL | undefined;
  readonly tls?: HostTls | undefined;
}

export interface AgentsOptions {
  readonly systemRoots: () => readonly string[];
  readonly insecureRegistries: InsecureRegistries;
  readonly book: AddressBook;
  readonly dial: ((target: DialTarget) => DialTarget) | undefined;
  readonly timeouts: Timeouts;
}

const keepAliveMs = 30_000;
/** More are in use at once nowhere, but certificates that are replaced leave theirs behind. */
const maxAgents = 100;

/** One undici agent per trust setting, made at its first use and kept: its sockets and TLS sessions are its own. */
export class Agents {
  readonly #options: AgentsOptions;
  readonly #agents = new Map<string, { readonly step: ConnectionStep; readonly agent: Dispatcher }>();
  readonly #retired = new Set<Dispatcher>();
  #mountedRoots: readonly string[] = [];

  constructor(options: AgentsOptions) {
    this.#options = options;
  }

  agentFor(setting: TrustSetting): Dispatcher {
    const { step, reach, clearCredentials, proxy, tls } = setting;
    const key = `${step} ${reach} ${String(clearCredentials)} ${proxy?.href ?? ''} ${tls?.key ?? ''}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known.agent;
    const agent = this.#create(setting);
    this.#agents.set(key, { step, agent });
    const [oldest] = this.#agents;
    if (this.#agents.size > maxAgents && oldest !== undefined) {
      this.#agents.delete(oldest[0]);
      this.#retire(oldest[1].agent);
    }
    return agent;
  }

  /** From now on step mounted-ca trusts these. Exchanges that are under way end under the roots that they began with. */
  useMountedRoots(roots: readonly string[]): void {
    this.#mountedRoots = roots;
    for (const [key, { step, agent }] of this.#agents) {
      if (step !== 'mounted-ca') continue;
      this.#agents.delete(key);
      this.#retire(agent);
    }
  }

  /** Ends every socket, busy ones too. */
  async close(): Promise<void> {
    const agents = [...this.#retired, ...[...this.#agents.values()].map(({ agent }) => agent)];
    this.#agents.clear();
    await Promise.all(agents.map(async (agent) => agent.destroy()));
  }

  #retire(agent: Dispatcher): void {
    this.#retired.add(agent);
    const forget = (): void => {
      this.#retired.delete(agent);
    };
    agent.close().then(forget, forget);
  }

  #create(setting: TrustSetting): Dispatcher {
    const { book, dial, timeouts } = this.#options;
    const tls = this.#tls(setting);
    const common = { keepAliveTimeout: keepAliveMs };
    if (setting.proxy !== undefined) {
      return proxyAgent(setting.proxy, { tls, systemRoots: this.#options.systemRoots, timeouts, common });
    }
    const accepts = this.#acceptance(setting);
    return new Agent({
      ...common,
      connect: guardedConnector({ tls, timeoutMs: timeouts.connectMs, book, dial, accepts }),
    });
  }

  #tls({ step, tls }: TrustSetting): TlsSettings {
    const shown = shownAt(tls, step);
    switch (step) {
      case 'mounted-ca':
        return verifiedTls([...this.#mountedRoots, ...(tls?.ca ?? [])], shown);
      case 'system-ca':
        return verifiedTls(this.#options.systemRoots(), shown);
      case 'insecure-tls':
        return unverifiedTls(shown);
      case 'plaintext':
        return {};
    }
  }

  #acceptance(setting: TrustSetting): (hostname: string, port: number, address: string) => boolean {
    const list = this.#options.insecureRegistries;
    return (hostname, port, address) => {
      if (!isWithinReach(address, setting.reach)) return false;
      if (setting.step === 'insecure-tls')
        return setting.tls?.skipVerify === true || list.matches(joinAuthority(hostname, port), address);
      return !setting.clearCredentials || mayGetClearCredentials(list, hostname, port, [address]);
    };
  }
}
