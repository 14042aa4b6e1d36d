import { networkInterfaces } from 'node:os';

/** `::` takes IPv4 too, but cannot be had on a machine without IPv6: there it means every IPv4 address. */
export function bindHost(host: string, interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string {
  if (host !== '::') return host;
  const addresses = Object.values(interfaces).flatMap((list) => list ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? host : '0.0.0.0';
}
