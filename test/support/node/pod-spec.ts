import { jsonAt, jsonList } from '../json-at.ts';

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly workingDir: string;
  readonly mounts: readonly { readonly volume: string; readonly path: string; readonly readOnly: boolean }[];
  readonly readOnlyRoot: boolean;
  readonly nonRoot: boolean;
  /** Undefined: the image's. */
  readonly user: number | undefined;
  readonly group: number | undefined;
  readonly startupProbe: unknown;
  readonly readinessProbe: unknown;
}

/** What a kubelet reads of a pod. Shapes: Kubernetes API, Pod v1. */
export interface PodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly nodeName: string;
  /** Undefined while nobody has deleted it. */
  readonly graceSeconds: number | undefined;
  readonly phase: string;
  readonly labels: unknown;
  readonly annotations: unknown;
  readonly pullSecrets: readonly string[];
  readonly restartPolicy: string;
  readonly initContainers: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  /** All kinds are empty folders here. */
  readonly volumes: readonly string[];
  /** Values of required node affinity and node selector for `kubernetes.io/arch`; empty when any will do. */
  readonly architectures: readonly string[];
}

export function readPodSpec(pod: unknown): PodSpec {
  const meta = (name: string): string => textAt(pod, 'metadata', name);
  const podSecurity = jsonAt(pod, 'spec', 'securityContext');
  const deleted = jsonAt(pod, 'metadata', 'deletionTimestamp') !== undefined;
  return {
    name: meta('name'),
    namespace: meta('namespace'),
    uid: meta('uid'),
    nodeName: textAt(pod, 'spec', 'nodeName'),
    graceSeconds: deleted ? (numberAt(pod, 'metadata', 'deletionGracePeriodSeconds') ?? 30) : undefined,
    phase: textAt(pod, 'status', 'phase'),
    labels: jsonAt(pod, 'metadata', 'labels'),
    annotations: jsonAt(pod, 'metadata', 'annotations'),
    pullSecrets: jsonList(pod, 'spec', 'imagePullSecrets').map((secret) => textAt(secret, 'name')),
    restartPolicy: textAt(pod, 'spec', 'restartPolicy') || 'Always',
    initContainers: jsonList(pod, 'spec', 'initContainers').map((raw) => readContainer(raw, podSecurity)),
    containers: jsonList(pod, 'spec', 'containers').map((raw) => readContainer(raw, podSecurity)),
    volumes: jsonList(pod, 'spec', 'volumes').map((raw) => textAt(raw, 'name')),
    architectures: architecturesOf(pod),
  };
}

function readContainer(raw: unknown, podSecurity: unknown): ContainerSpec {
  const security = (name: string): unknown => jsonAt(raw, 'securityContext', name) ?? jsonAt(podSecurity, name);
  const image = textAt(raw, 'image');
  const isLatest = !/[:@][^/]+$/.test(image) || image.endsWith(':latest');
  const policy = textAt(raw, 'imagePullPolicy');
  return {
    name: textAt(raw, 'name'),
    image,
    pullPolicy:
      policy === 'Always' || policy === 'Never' || policy === 'IfNotPresent'
        ? policy
        : isLatest
          ? 'Always'
          : 'IfNotPresent',
    command: jsonList(raw, 'command').map(String),
    args: jsonList(raw, 'args').map(String),
    env: jsonList(raw, 'env').map((entry) => [textAt(entry, 'name'), textAt(entry, 'value')] as const),
    workingDir: textAt(raw, 'workingDir'),
    mounts: jsonList(raw, 'volumeMounts').map((mount) => ({
      volume: textAt(mount, 'name'),
      path: textAt(mount, 'mountPath'),
      readOnly: jsonAt(mount, 'readOnly') === true,
    })),
    readOnlyRoot: security('readOnlyRootFilesystem') === true,
    nonRoot: security('runAsNonRoot') === true,
    user: asNumber(security('runAsUser')),
    group: asNumber(security('runAsGroup')),
    startupProbe: jsonAt(raw, 'startupProbe'),
    readinessProbe: jsonAt(raw, 'readinessProbe'),
  };
}

function architecturesOf(pod: unknown): readonly string[] {
  const selected = textAt(pod, 'spec', 'nodeSelector', 'kubernetes.io/arch');
  const affinity = jsonAt(pod, 'spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const expressions = jsonList(affinity, 'nodeSelectorTerms').flatMap((term) => jsonList(term, 'matchExpressions'));
  const wanted = expressions
    .filter((each) => jsonAt(each, 'key') === 'kubernetes.io/arch' && jsonAt(each, 'operator') === 'In')
    .flatMap((each) => jsonList(each, 'values').map(String));
  return selected === '' ? wanted : [selected, ...wanted];
}

function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const text = jsonAt(value, ...path);
  return typeof text === 'string' ? text : '';
}

function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  return asNumber(jsonAt(value, ...path));
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
