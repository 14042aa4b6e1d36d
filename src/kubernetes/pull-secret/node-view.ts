import { parseDockerConfig } from '../../credentials/docker-config.ts';
import { parseEntry } from '../../credentials/entry.ts';
import { hasUpperCaseHost, keyTarget, matchKey, parseKey, shownKey } from '../../credentials/key.ts';
import type { Reference } from '../../image/reference.ts';
import { nodeEntry } from './node-entry.ts';
import { nodeSpellings } from './node-key.ts';

/** What a kubelet makes of a pull secret for one image. No value is in it. */
export type NodeView =
  /** Keys of the entries that it would show to the registry; none where it has nothing for the image. */
  | { readonly kind: 'keys'; readonly keys: readonly string[] }
  /** It refuses the whole secret, for this. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads a pull secret as the kubelet does, which matches less than we do in the spelling of hosts, and more in paths
 * (registry-behaviour 2.8; pkg/credentialprovider).
 *
 * @param file tells the older form by its name
 * @throws RunnerError `CFG_JSON` or `CFG_SHAPE`
 */
export function nodeView(bytes: Uint8Array, file: string, image: Pick<Reference, 'domain' | 'path'>): NodeView {
  const target = keyTarget(image.domain, image.path);
  const keys: string[] = [];
  for (const [text, value] of parseDockerConfig(bytes, file).entries) {
    const entry = nodeEntry(value);
    if (entry.kind === 'harmful') return { kind: 'refused', reason: `entry ${shownKey(text)} ${entry.reason}` };
    const key = parseKey(text);
    if (key === undefined || entry.kind !== 'usable' || isToken(value)) continue;
    const isRead = !hasUpperCaseHost(text) && nodeSpellings(text, key).length === 0;
    if (isRead && matchKey(key, target) !== 'no') keys.push(shownKey(text));
  }
  return { kind: 'keys', keys };
}

/** Some tokens would be of use in another form, but here they stand as they are. */
function isToken(value: unknown): boolean {
  const entry = parseEntry(value);
  return entry.kind === 'login' && entry.login.kind !== 'basic';
}
