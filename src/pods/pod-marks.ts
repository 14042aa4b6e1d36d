import { managedByLabel } from '../kubernetes/manager.ts';

/** Labels and annotations of function pods. */
export const podMarks = {
  /** Label: the pod id, as Porch has it; what a ServiceTemplate's selector names. */
  image: 'fn.kpt.dev/image',
  /** Label: {@link PodPlan.key}. */
  functionKey: 'fn.kpt.dev/function-key',
  /** Label: the slot, a decimal number. */
  slot: 'fn.kpt.dev/slot',
  /** Label that says a pod is ours, with the value `manager`; pods without it are never touched. */
  managedBy: managedByLabel,
  /** Annotation: the image name as requested. */
  requestedImage: 'fn.kpt.dev/requested-image',
  /** Annotation: `repository@digest` that the name was resolved to. */
  resolvedImage: 'fn.kpt.dev/resolved-image',
  /** Annotation: {@link resolvedImage} at the address where nodes pull it, where that is another one. */
  runImage: 'fn.kpt.dev/run-image',
  /** Annotation: registry and path, without tag and digest. */
  repository: 'fn.kpt.dev/repository',
  /** Annotation: {@link PodPlan.callerKey}, where there is one. */
  callerKey: 'fn.kpt.dev/caller-key',
  /** Annotation: version of the template it was made from, as Porch has it. */
  templateVersion: 'fn.kpt.dev/template-version',
  /** Annotation: idle time to live, in milliseconds. */
  ttlMs: 'fn.kpt.dev/ttl-ms',
  /** Annotation: last time that a call ran there, milliseconds since the epoch; written at most once a minute. */
  lastUsedMs: 'fn.kpt.dev/last-used-ms',
  /** Annotation: the pod takes no new calls since then, milliseconds since the epoch. Set once, never unset. */
  drainingSinceMs: 'fn.kpt.dev/draining-since-ms',
  /** Annotation: why it drains. */
  drainingReason: 'fn.kpt.dev/draining-reason',
} as const;
