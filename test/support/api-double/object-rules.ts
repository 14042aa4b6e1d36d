import { isJsonObject } from '../../../src/core/json.ts';
import { at, list, sameJson, text, type Raw } from './json.ts';
import { badRequest, conflict, invalid } from './refusal.ts';
import type { Target } from './target.ts';

const kinds: Readonly<Record<string, string>> = {
  pods: 'Pod',
  secrets: 'Secret',
  configmaps: 'ConfigMap',
  services: 'Service',
  podtemplates: 'PodTemplate',
  leases: 'Lease',
  namespaces: 'Namespace',
  functionconfigs: 'FunctionConfig',
};

const withStatus: ReadonlySet<string> = new Set(['pods', 'services', 'functionconfigs', 'namespaces']);
const mutablePodFields: ReadonlySet<string> = new Set(['activeDeadlineSeconds', 'tolerations', 'nodeName']);

export function kindOf({ resource }: Target): string {
  return kinds[resource] ?? resource;
}

export function apiVersionOf({ group, version }: Target): string {
  return group === '' ? version : `${group}/${version}`;
}

/** A new object, named and with what the server adds. @throws Refusal */
export function prepareNew(target: Target, body: Raw, randomTail: () => string): Raw {
  const metadata = at(body, 'metadata');
  const generate = text(metadata, 'generateName');
  const name = text(metadata, 'name') === '' && generate !== '' ? generate + randomTail() : text(metadata, 'name');
  checkName(target, name);
  const namespace = text(metadata, 'namespace');
  if (namespace !== '' && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (text(metadata, 'resourceVersion') !== '')
    throw badRequest('resourceVersion should not be set on objects to be created');
  const {
    uid: _uid,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    managedFields: _fields,
    ...kept
  } = metadata;
  const scope = target.namespace === '' ? {} : { namespace: target.namespace };
  const generation = isGenerational(target) ? { generation: 1 } : {};
  return withDefaults(target, {
    apiVersion: apiVersionOf(target),
    kind: kindOf(target),
    ...body,
    metadata: { ...kept, name, ...scope, ...generation },
    ...(withStatus.has(target.resource) && { status: {} }),
  });
}

/** The object that an update makes of the one that is there. @throws Refusal */
export function prepareUpdate(target: Target, existing: Raw, body: Raw): Raw {
  checkVersion(target, existing, at(body, 'metadata'));
  const metadata = at(existing, 'metadata');
  const { name, namespace, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  const fixed = { name, namespace, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds };
  if (target.subresource === 'status') return { ...existing, status: body['status'] };
  const { resourceVersion: _version, managedFields: _fields, ...own } = at(body, 'metadata');
  const changed = withDefaults(target, {
    ...body,
    apiVersion: existing['apiVersion'],
    kind: existing['kind'],
    metadata: { ...own, ...withoutUndefined(fixed), managedFields: metadata['managedFields'] },
    ...(withStatus.has(target.resource) && { status: existing['status'] }),
  });
  checkImmutable(target, existing, changed);
  const generation = Number(metadata['generation'] ?? 0) + (sameJson(existing['spec'], changed['spec']) ? 0 : 1);
  return isGenerational(target) ? { ...changed, metadata: { ...at(changed, 'metadata'), generation } } : changed;
}

/** Whether nothing but bookkeeping differs. */
export function isUnchanged(existing: Raw, changed: Raw): boolean {
  return sameJson(plain(existing), plain(changed));
}

/** @throws Refusal when the uid or version that a write is bound to is another */
export function checkVersion(target: Target, existing: Raw, wanted: Raw): void {
  const metadata = at(existing, 'metadata');
  const uid = text(wanted, 'uid');
  if (uid !== '' && uid !== metadata['uid']) {
    throw conflict(
      target,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${text(metadata, 'uid')}`,
    );
  }
  const version = text(wanted, 'resourceVersion');
  if (version !== '' && version !== metadata['resourceVersion']) {
    throw conflict(
      target,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}

/** How long the object stays after its deletion: pods that a node may be running have a grace period. */
export function graceSeconds(target: Target, existing: Raw, asked: unknown): number {
  const phase = text(at(existing, 'status'), 'phase');
  const spec = at(existing, 'spec');
  if (target.resource !== 'pods' || text(spec, 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded')
    return 0;
  if (typeof asked === 'number') return asked;
  const own = spec['terminationGracePeriodSeconds'];
  return typeof own === 'number' ? own : 30;
}

export function hasFinalizers(raw: Raw): boolean {
  return list(at(raw, 'metadata'), 'finalizers').length > 0;
}

function withDefaults(target: Target, raw: Raw): Raw {
  if (target.resource === 'secrets') return withSecretDefaults(raw);
  if (target.resource !== 'pods') return raw;
  if (list(at(raw, 'spec'), 'containers').length === 0) {
    throw invalid(target, text(at(raw, 'metadata'), 'name'), 'spec.containers: Required value');
  }
  const phase = text(at(raw, 'status'), 'phase');
  return {
    ...raw,
    spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...at(raw, 'spec') },
    status: { ...at(raw, 'status'), phase: phase === '' ? 'Pending' : phase },
  };
}

function withSecretDefaults({ stringData, ...raw }: Raw): Raw {
  const texts = Object.entries(isJsonObject(stringData) ? stringData : {});
  const encoded = texts.map(([key, value]): [string, string] => [key, Buffer.from(String(value)).toString('base64')]);
  const data = { ...at(raw, 'data'), ...Object.fromEntries(encoded) };
  return {
    ...raw,
    type: text(raw, 'type') === '' ? 'Opaque' : raw['type'],
    ...(Object.keys(data).length > 0 && { data }),
  };
}

function checkName(target: Target, name: string): void {
  if (name === '') throw invalid(target, '', 'metadata.name: Required value: name or generateName is required');
  const isLabel = target.resource === 'services';
  const pattern = isLabel
    ? /^[a-z]([-a-z0-9]*[a-z0-9])?$/
    : /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
  if (name.length <= (isLabel ? 63 : 253) && pattern.test(name)) return;
  throw invalid(target, name, `metadata.name: Invalid value: "${name}": a lowercase RFC 1123 name is needed`);
}

function checkImmutable(target: Target, existing: Raw, changed: Raw): void {
  const name = text(at(existing, 'metadata'), 'name');
  if (target.resource === 'secrets' && existing['type'] !== changed['type']) {
    throw invalid(target, name, `type: Invalid value: "${text(changed, 'type')}": field is immutable`);
  }
  if (target.resource === 'pods' && !sameJson(fixedSpec(existing), fixedSpec(changed))) {
    throw invalid(target, name, 'spec: Forbidden: pod updates may not change fields other than images and tolerations');
  }
}

function fixedSpec(pod: Raw): unknown {
  const entries = Object.entries(at(pod, 'spec')).filter(([key]) => !mutablePodFields.has(key));
  return entries.map(([key, value]) => [
    key,
    key.endsWith('ontainers') && Array.isArray(value) ? value.map(withoutImage) : value,
  ]);
}

function withoutImage(container: unknown): unknown {
  return isJsonObject(container) ? { ...container, image: '' } : container;
}

function isGenerational({ resource }: Target): boolean {
  return resource !== 'secrets' && resource !== 'configmaps';
}

function plain(raw: Raw): Raw {
  const { resourceVersion: _version, managedFields: _fields, ...metadata } = at(raw, 'metadata');
  return { ...raw, metadata };
}

function withoutUndefined(raw: Raw): Raw {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
}
