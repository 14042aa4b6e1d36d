/**
 * The folders that may configure a registry, the first one that exists counts: `host_port_` where the port's colon cannot
 * stand in a name, `host:port`, `_default` (registry-behaviour 5.10, MR7).
 */
export function folderNames(domain: string): readonly string[] {
  const colon = domain.lastIndexOf(':');
  const plain = colon > 0 && /^\d+$/.test(domain.slice(colon + 1));
  const own = plain ? [`${domain.slice(0, colon)}_${domain.slice(colon + 1)}_`, domain] : [domain];
  return [...own, '_default'];
}
