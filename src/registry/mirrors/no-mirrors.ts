import { originHost } from '../registry-host.ts';
import type { RegistryHosts } from './host-line.ts';

/** Every registry is asked itself. */
export const noMirrors: RegistryHosts = { hostsOf: async (reference) => Promise.resolve([originHost(reference)]) };
