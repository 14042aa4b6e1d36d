import type { Reference } from '../../image/reference.ts';
import type { RegistryHost } from '../registry-host.ts';

/** Whom to ask about one registry's repositories. */
export interface RegistryHosts {
  /** Mirrors in the order to ask them, then whoever has the last word: the registry itself, or what stands for it. Never empty. */
  hostsOf(reference: Pick<Reference, 'domain' | 'apiHost'>): Promise<readonly RegistryHost[]>;
}

/** What is asked for: content by its digest, or what a tag means. */
export type Need = 'pull' | 'resolve';

export interface HostLine {
  /** Asked first. */
  readonly mirrors: readonly RegistryHost[];
  /** Has the last word; undefined where it must not be asked for this. */
  readonly last: RegistryHost | undefined;
  /** Asked only when `last` cannot be reached. */
  readonly reserve: readonly RegistryHost[];
}

/** Puts the hosts that may give what is needed in a line; those to avoid stand behind the registry. */
export function lineUp(
  hosts: readonly RegistryHost[],
  need: Need,
  isAvoided: (host: RegistryHost) => boolean,
): HostLine {
  const fits = (host: RegistryHost): boolean => (need === 'pull' ? host.mayPull : host.mayResolve);
  const last = hosts.at(-1);
  const mirrors = hosts.slice(0, -1).filter(fits);
  return {
    mirrors: mirrors.filter((host) => !isAvoided(host)),
    last: last !== undefined && fits(last) ? last : undefined,
    reserve: mirrors.filter((host) => isAvoided(host)),
  };
}
