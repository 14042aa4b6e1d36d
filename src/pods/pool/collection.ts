import { podMarks } from '../pod-marks.ts';
import { canServe, type KnownPod } from './known-pod.ts';
import type { Condemned } from './pod-index.ts';
import type { Sighting } from './sighting.ts';

/** What is to happen to a pod. */
export type Collection =
  | { readonly kind: 'keep' }
  /** Nothing before `atMs`. */
  | { readonly kind: 'later'; readonly atMs: number }
  /** Tell every replica that it takes no new calls. */
  | { readonly kind: 'mark'; readonly reason: string }
  | { readonly kind: 'delete'; readonly reason: string };

/** What one replica knows about a pod besides the pod itself. */
export interface CollectionFacts {
  readonly nowMs: number;
  readonly seen: Sighting;
  /** Calls of this replica that run there or wait for it. */
  readonly ownLoad: number;
  /** When a call of this replica last ended there; 0 when none did. */
  readonly ownLastUseMs: number;
  readonly condemned: Condemned | undefined;
  /** An elder pod takes the calls of its slot. */
  readonly isSurplus: boolean;
  readonly wasMadeHere: boolean;
  /** Pods of another version are asked for under its image name. */
  readonly isOutdated: boolean;
  /** This replica does what is to be done once for all of them. */
  readonly mayCollectShared: boolean;
  /** Idle time to live as this replica knows it; undefined: as the pod says. */
  readonly ttlMs: number | undefined;
  readonly evaluationTimeoutMs: number;
  readonly podReadyTimeoutMs: number;
}

/** Its maker deletes a surplus pod within 10 s; others that see one for longer help. */
const surplusGraceMs = 5000;
const surplusAgeMs = 10_000;
const defaultTtlMs = 30 * 60_000;
/** Within so long of its start, every replica with callers that wait for a pod has sent them there. */
const connectMs = 1000;

/** So soon a replica looks whether what another one is to do has become its own. */
const sharedLookMs = 2000;

const keep: Collection = { kind: 'keep' };

/** Mark, wait, delete: no replica deletes a pod that another one may be using. */
export function collectionOf(known: KnownPod, facts: CollectionFacts): Collection {
  const due = dueOf(known, facts);
  if (due.kind === 'keep' || due.kind === 'later' || facts.mayCollectShared || isOwnDuty(due, facts)) return due;
  return { kind: 'later', atMs: facts.nowMs + sharedLookMs };
}

/** What a replica does for the pods it made, and with what the others cannot know; the rest is for one of them. */
function isOwnDuty({ kind, reason }: Extract<Collection, { reason: string }>, facts: CollectionFacts): boolean {
  if (kind === 'mark' && (facts.condemned !== undefined || reason === 'outdated')) return true;
  if (kind === 'delete' && facts.condemned?.atOnce === true) return true;
  return facts.wasMadeHere && (reason === 'surplus' || reason === 'failed');
}

function dueOf(known: KnownPod, facts: CollectionFacts): Collection {
  if (known.pod.metadata.deletionMs !== undefined) return keep;
  const { kind } = known.verdict;
  if (kind === 'ended' || kind === 'hopeless') return { kind: 'delete', reason: 'failed' };
  if (facts.condemned?.atOnce === true) return { kind: 'delete', reason: facts.condemned.reason };
  if (!canServe(known)) return drained(known, facts);
  if (facts.condemned !== undefined) return { kind: 'mark', reason: facts.condemned.reason };
  if (facts.isSurplus) return surplus(known, facts);
  if (facts.isOutdated) return outdated(known, facts);
  return idle(known, facts);
}

function drained({ draining }: KnownPod, facts: CollectionFacts): Collection {
  const { drainsMs } = facts.seen;
  if (draining === undefined || drainsMs === undefined || facts.ownLoad > 0) return keep;
  const isOwnSurplus = draining === 'surplus' && facts.wasMadeHere;
  const waitMs = isOwnSurplus ? Math.min(surplusGraceMs, facts.evaluationTimeoutMs) : facts.evaluationTimeoutMs;
  const atMs = drainsMs + waitMs;
  return facts.nowMs >= atMs ? { kind: 'delete', reason: draining } : { kind: 'later', atMs };
}

/** Only its maker can have called a surplus pod that never started: the others learnt of the elder one first. */
function surplus(known: KnownPod, facts: CollectionFacts): Collection {
  if (facts.wasMadeHere) {
    if (known.verdict.kind === 'starting' && facts.ownLoad === 0) return { kind: 'delete', reason: 'surplus' };
    return { kind: 'mark', reason: 'surplus' };
  }
  const atMs = facts.seen.firstMs + surplusAgeMs;
  return facts.nowMs >= atMs ? { kind: 'mark', reason: 'surplus' } : { kind: 'later', atMs };
}

/** Those who wait for a pod that starts would have to wait for one more of a version that is on its way out. */
function outdated({ verdict }: KnownPod, { seen, podReadyTimeoutMs, nowMs }: CollectionFacts): Collection {
  const atMs = verdict.kind === 'starting' ? seen.firstMs + podReadyTimeoutMs : seen.usedMs + connectMs;
  return nowMs >= atMs ? { kind: 'mark', reason: 'outdated' } : { kind: 'later', atMs };
}

function idle(known: KnownPod, facts: CollectionFacts): Collection {
  if (facts.ownLoad > 0) return keep;
  const atMs = Math.max(facts.seen.usedMs, facts.ownLastUseMs) + patienceMs(known, facts) + 1;
  return facts.nowMs >= atMs ? { kind: 'mark', reason: 'idle' } : { kind: 'later', atMs };
}

/** A pod that has not started may have callers elsewhere who wait for it, however short its time to live is. */
function patienceMs(known: KnownPod, facts: CollectionFacts): number {
  const ttlMs = facts.ttlMs ?? ttlOf(known);
  return known.verdict.kind === 'starting' ? Math.max(ttlMs, facts.podReadyTimeoutMs) : ttlMs;
}

/** Idle time to live as the pod itself says it. */
export function ttlOf({ pod }: KnownPod): number {
  const text = pod.metadata.annotations[podMarks.ttlMs] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : defaultTtlMs;
}
