import { setTimeout as delay } from 'node:timers/promises';
import { isJsonObject } from '../../../src/core/json.ts';
import { jsonAt } from '../json-at.ts';
import type { ContainerView } from './container-view.ts';
import { type NodeImage, type PullCredentials, PullError } from './node-images.ts';
import type { NodeParts } from './node-parts.ts';
import type { PodSpec } from './pod-spec.ts';

const maxBackOffMs = 300_000;
/** How long ErrImagePull shows before it is ImagePullBackOff. */
const errorShownMs = 100;

interface Pull {
  readonly node: NodeParts;
  readonly pod: PodSpec;
  readonly view: ContainerView;
  readonly report: () => void;
  readonly signal: AbortSignal;
}

/** Brings a container's image as its policy says, with the pod's own secrets and no others; tries until it has it. */
export async function imageFor(pull: Pull): Promise<NodeImage> {
  const { node, view, signal } = pull;
  const { image, pullPolicy } = view.spec;
  if (!/^[a-z0-9][^A-Z\s]*(?::[\w.-]+)?(?:@sha256:[a-f0-9]{64})?$/.test(image)) {
    const reason = `couldn't parse image name "${image}": invalid reference format`;
    await hold(pull, 'InvalidImageName', `Failed to apply default image tag "${image}": ${reason}`);
  }
  const present = node.images.get(image);
  if (present !== undefined && pullPolicy !== 'Always') return present;
  if (pullPolicy === 'Never') {
    await hold(pull, 'ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`);
  }
  for (let backOffMs = node.backOffMs; ; backOffMs = Math.min(backOffMs * 2, maxBackOffMs)) {
    const result = await tryPull(pull);
    if (typeof result !== 'string') return result;
    view.waits('ErrImagePull', result);
    pull.report();
    await delay(errorShownMs, undefined, { signal });
    view.waits('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${result}`);
    pull.report();
    await delay(backOffMs, undefined, { signal });
  }
}

async function hold({ view, report, signal }: Pull, reason: string, message: string): Promise<never> {
  view.waits(reason, message);
  report();
  signal.throwIfAborted();
  return await new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('the pod is gone'));
    });
  });
}

/** The image, or why not. */
async function tryPull({ node, pod, view }: Pull): Promise<NodeImage | string> {
  const { image } = view.spec;
  const told = view.spec.name === 'function' ? node.behaviours.of('pull-fails', pod) : undefined;
  if (told !== undefined) return told.message;
  try {
    return await node.images.pull(image, await credentialsFor(node, pod, image));
  } catch (error) {
    if (error instanceof PullError) return error.message;
    throw error;
  }
}

/** The kubelet takes what names the image's registry, and goes on without a secret that is not there. */
async function credentialsFor(node: NodeParts, pod: PodSpec, image: string): Promise<readonly PullCredentials[]> {
  const host = image.split('/')[0] ?? '';
  const found: PullCredentials[] = [];
  for (const name of pod.pullSecrets) {
    const secret = await node.api.secret(name);
    const config = configOf(secret);
    if (config === undefined) continue;
    const parsed: unknown = JSON.parse(config);
    const auths = jsonAt(parsed, 'auths');
    const keys = isJsonObject(auths) ? Object.keys(auths) : [];
    if (keys.some((key) => key.replace(/^https?:\/\//, '').split('/')[0] === host))
      found.push({ secret: name, config });
  }
  return found;
}

/** A docker config; the older type of secret holds its `auths` alone. */
function configOf(secret: unknown): string | undefined {
  const text = (key: string): string => Buffer.from(String(jsonAt(secret, 'data', key)), 'base64').toString('utf8');
  switch (jsonAt(secret, 'type')) {
    case 'kubernetes.io/dockerconfigjson':
      return text('.dockerconfigjson');
    case 'kubernetes.io/dockercfg':
      return `{"auths":${text('.dockercfg')}}`;
    default:
      return undefined;
  }
}
