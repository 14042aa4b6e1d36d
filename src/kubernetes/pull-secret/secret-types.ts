import type { Secret } from '../../core/secret.ts';
import type { SecretObject } from '../secret-object.ts';

/** The types that the kubelet reads as pull secrets, and the key that it reads of each. Kubernetes API, Secret v1. */
export const pullSecretKeys = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
} as const;

/** What a node would read of a secret; undefined where it would pass the secret over without a word. */
export function pullSecretContent({
  type,
  data,
}: Pick<SecretObject, 'type' | 'data'>): { readonly key: string; readonly content: Secret } | undefined {
  const [, key] = Object.entries(pullSecretKeys).find(([name]) => name === type) ?? [];
  const content = key === undefined ? undefined : data[key];
  return key === undefined || content === undefined ? undefined : { key, content };
}
