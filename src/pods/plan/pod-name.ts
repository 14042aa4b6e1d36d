import { stableHash } from './stable-hash.ts';

const maxLabel = 63;
const maxBase = 30;

/**
 * Name of the pod that takes a slot after `lastHolderUid` held it: replicas that start the same slot at once choose the
 * same name, and a pod that is still ending keeps its own. A DNS label that starts with a letter, so that a Service and
 * the label `fn.kpt.dev/image` can have it too. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 *
 * @param path of the image's repository
 * @param key `PodPlan.key`
 */
export function podName(path: string, key: string, slot: number, lastHolderUid: string): string {
  const tail = `-${key}-${String(slot)}-${stableHash([slot, lastHolderUid], 8)}`;
  return `${baseOf(path, Math.min(maxBase, maxLabel - tail.length))}${tail}`;
}

function baseOf(path: string, maxLength: number): string {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const clean = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '');
  const lettered = /^[a-z]/.test(clean) ? clean : `fn-${clean}`;
  return lettered.slice(0, maxLength).replace(/-$/, '');
}
