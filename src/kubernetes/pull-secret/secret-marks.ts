import { createHash } from 'node:crypto';

import type { JsonObject } from '../../core/json.ts';
import { managedByLabel, manager } from '../manager.ts';
import { objectAt, objectsAt, textAt, timeAt } from '../object-meta.ts';
import type { SecretObject } from '../secret-object.ts';
import type { SecretContent } from './node-config.ts';
import type { ReplicaState, SourceMark } from './replica-decision.ts';

/** The type that the kubelet takes pull secrets of, beside an older one. */
export const pullSecretType = 'kubernetes.io/dockerconfigjson';

const hashAnnotation = 'fn.kpt.dev/source-hash';
const swapAnnotation = 'fn.kpt.dev/source-swapped-at-ms';
const dataKey = '.dockerconfigjson';

/** Porch's runner says nothing of a field manager, so it is the name of its program. */
const porchManager = 'server';

interface OwnFields {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** @param knownUid of the secret that was ours when last seen: one that lost all its marks still is */
export function readReplica(secret: SecretObject | undefined, knownUid: string | undefined): ReplicaState {
  if (secret === undefined) return { kind: 'absent' };
  if (secret.type !== pullSecretType) return { kind: 'wrong-type', type: secret.type };
  const { labels, uid } = secret.metadata;
  const dataHash = hashOf(secret);
  const isImmutable = secret.raw['immutable'] === true;
  const isLabelled = labels[managedByLabel] === manager;
  const mark = markOf(secret);
  if (isLabelled || mark !== undefined || uid === knownUid) {
    const isMarked = isLabelled && mark !== undefined;
    return { kind: 'ours', dataHash, mark, isMarked, isImmutable, writtenAtMs: lastWriteMs(secret) };
  }
  return { kind: 'foreign', dataHash, isImmutable, isPorch: isWrittenByPorch(secret) };
}

/** All that we write of a secret. */
export function ownFields(
  name: { readonly namespace: string; readonly name: string },
  content: SecretContent,
  swappedAtMs: number,
): OwnFields {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...name,
      labels: { ...content.marks?.labels, [managedByLabel]: manager },
      annotations: {
        ...content.marks?.annotations,
        [hashAnnotation]: content.hash,
        [swapAnnotation]: String(swappedAtMs),
      },
    },
    type: pullSecretType,
    data: { [dataKey]: content.bytes.reveal().toString('base64') },
  };
}

/** For an update, which replaces all: what others have put into the secret stays there. */
export function wholeBody(fields: OwnFields, existing: SecretObject): JsonObject {
  const { managedFields: _managedFields, ...kept } = objectAt(existing.raw, 'metadata');
  const others = Object.entries(existing.data).map(([key, value]) => [key, value.reveal().toString('base64')]);
  const { name, namespace, labels, annotations } = fields.metadata;
  return {
    ...existing.raw,
    ...fields,
    metadata: {
      ...kept,
      name,
      namespace,
      labels: { ...existing.metadata.labels, ...labels },
      annotations: { ...existing.metadata.annotations, ...annotations },
    },
    data: { ...Object.fromEntries(others), ...fields.data },
  };
}

export function markOf({ metadata: { annotations } }: SecretObject): SourceMark | undefined {
  const hash = annotations[hashAnnotation] ?? '';
  const swappedAt = annotations[swapAnnotation] ?? '';
  if (!/^[0-9a-f]{64}$/.test(hash) || !/^\d{1,15}$/.test(swappedAt)) return undefined;
  return { hash, swappedAtMs: Number(swappedAt) };
}

function hashOf({ data }: SecretObject): string {
  const bytes = data[dataKey]?.reveal() ?? Buffer.alloc(0);
  return createHash('sha256').update(bytes).digest('hex');
}

function isWrittenByPorch(secret: SecretObject): boolean {
  return managedFields(secret).some(
    (entry) =>
      textAt(entry, 'manager') === porchManager &&
      objectAt(objectAt(entry, 'fieldsV1'), 'f:data')[`f:${dataKey}`] !== undefined,
  );
}

function lastWriteMs(secret: SecretObject): number | undefined {
  const times = managedFields(secret)
    .filter((entry) => textAt(entry, 'manager') === manager)
    .map((entry) => timeAt(entry, 'time'));
  const lastMs = Math.max(0, ...times);
  return lastMs === 0 ? undefined : lastMs;
}

function managedFields({ raw }: SecretObject): readonly JsonObject[] {
  return objectsAt(objectAt(raw, 'metadata'), 'managedFields');
}
