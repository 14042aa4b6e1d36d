import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import type { Api, Resource } from '../../kubernetes/api.ts';
import { objectAt, objectsAt, textAt } from '../../kubernetes/object-meta.ts';
import type { ApiObject } from '../../kubernetes/object.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import { manager } from '../../kubernetes/manager.ts';
import { podMarks } from '../pod-marks.ts';

interface FrontParts {
  readonly api: Api;
  readonly services: Resource<ApiObject>;
  readonly clock: Clock;
}

/** A Service may be seen before its pod is: younger ones are left alone. */
const orphanAgeMs = 30_000;
const maxTries = 3;

/** The Service in front of each pod, where a service mesh wants one. It belongs to its pod and goes with it. */
export class ServiceFronts {
  readonly #parts: FrontParts;
  readonly #hosts = new Map<string, string>();

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  /**
   * Sees to it that the pod's Service is there; asks nobody when it was there before.
   *
   * @returns its host name in the cluster
   * @throws {RunnerError} `CLUSTER_*`
   */
  async ensure(pod: Pod, service: JsonObject, signal: AbortSignal): Promise<string> {
    const known = this.#hosts.get(pod.metadata.uid);
    if (known !== undefined) return known;
    const name = textAt(objectAt(service, 'metadata'), 'name');
    const body = ownedBy(pod, service);
    for (let tries = 0; tries < maxTries; tries += 1) {
      if (await this.#isThere(pod, name, body, signal)) {
        const host = `${name}.${this.#parts.services.namespace}.svc.cluster.local`;
        this.#hosts.set(pod.metadata.uid, host);
        return host;
      }
    }
    throw new RunnerError(
      'CLUSTER_REFUSED',
      `the Service ${name} of pod ${pod.metadata.name} is taken by another pod`,
      {
        hint: `Delete the Service ${name} in namespace ${this.#parts.services.namespace}.`,
      },
    );
  }

  /** Deletes the Service of a pod that is gone: no one else does where no garbage collector runs. */
  async remove(podUid: string, signal: AbortSignal): Promise<void> {
    const host = this.#hosts.get(podUid);
    if (host === undefined) return;
    this.#hosts.delete(podUid);
    const name = host.slice(0, host.indexOf('.'));
    const { api, services } = this.#parts;
    const there = await api.get(services, name, signal);
    if (there !== undefined && ownerUid(there) === podUid) await this.#delete(there, signal);
  }

  /** Others delete pods, too. */
  forget(isAlive: (podUid: string) => boolean): void {
    for (const uid of this.#hosts.keys()) if (!isAlive(uid)) this.#hosts.delete(uid);
  }

  /** Deletes our Services whose pod is gone, other replicas' too. */
  async sweep(isAlive: (podUid: string) => boolean, signal: AbortSignal): Promise<void> {
    const { api, services, clock } = this.#parts;
    const { items } = await api.list(services, { labelSelector: `${podMarks.managedBy}=${manager}` }, signal);
    const oldestMs = clock.now() - orphanAgeMs;
    for (const service of items) {
      const owner = ownerUid(service);
      if (owner === '' || isAlive(owner) || service.metadata.createdMs > oldestMs) continue;
      await this.#delete(service, signal);
    }
  }

  async #isThere(pod: Pod, name: string, body: JsonObject, signal: AbortSignal): Promise<boolean> {
    const { api, services } = this.#parts;
    try {
      await api.create(services, body, signal);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.reason !== 'AlreadyExists') throw thrown;
    }
    const there = await api.get(services, name, signal);
    if (there === undefined) return false;
    if (ownerUid(there) === pod.metadata.uid) return true;
    if (ownerUid(there) !== '') await this.#delete(there, signal);
    return false;
  }

  async #delete({ metadata: { name, uid } }: ApiObject, signal: AbortSignal): Promise<void> {
    await this.#parts.api.delete(this.#parts.services, name, { preconditions: { uid } }, signal);
  }
}

function ownedBy(pod: Pod, service: JsonObject): JsonObject {
  const metadata = objectAt(service, 'metadata');
  const { name, uid } = pod.metadata;
  return {
    ...service,
    metadata: {
      ...metadata,
      labels: { ...objectAt(metadata, 'labels'), [podMarks.managedBy]: manager },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
  };
}

/** UID of the pod that a Service belongs to; empty when it belongs to none. */
function ownerUid({ raw }: ApiObject): string {
  const metadata = raw['metadata'];
  if (!isJsonObject(metadata)) return '';
  const owner = objectsAt(metadata, 'ownerReferences').find((reference) => textAt(reference, 'kind') === 'Pod');
  return owner === undefined ? '' : textAt(owner, 'uid');
}
