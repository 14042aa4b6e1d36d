import type { Clock } from '../../core/clock.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import type { Store } from '../../kubernetes/store.ts';
import { canServe, eldest, type KnownPod, readKnownPod } from './known-pod.ts';
import { type Sighting, sightingOf } from './sighting.ts';

/** Why a pod shall go though its status does not say so. */
export interface Condemned {
  readonly reason: string;
  /** Nobody can be using it: it need not drain. */
  readonly atOnce: boolean;
}

export interface IndexChange {
  readonly known: KnownPod;
  readonly isGone: boolean;
}

interface Holder {
  readonly uid: string;
  readonly createdMs: number;
}

/** So many slots are remembered after their pods went; a forgotten one costs a name that is taken, and one look at it. */
const maxHolders = 10_000;

/** The function pods of the cluster by key and slot, out of the watched store: asking costs nobody a request. */
export class PodIndex {
  readonly #store: Store<Pod>;
  readonly #clock: Clock;
  readonly #byUid = new Map<string, KnownPod>();
  readonly #seen = new Map<string, Sighting>();
  readonly #byKey = new Map<string, Map<string, KnownPod>>();
  readonly #condemned = new Map<string, Condemned>();
  readonly #lastHolders = new Map<string, Holder>();
  readonly #listeners = new Set<(change: IndexChange) => void>();
  #unsubscribe: (() => void) | undefined;

  constructor(store: Store<Pod>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  start(): void {
    this.#unsubscribe = this.#store.subscribe(({ kind, object }) => {
      if (kind === 'deleted') this.#remove(object);
      else this.#put(object);
    });
    for (const pod of this.#store.list()) this.#put(pod, true);
  }

  close(): void {
    this.#unsubscribe?.();
    this.#listeners.clear();
  }

  /** Called after the fact, for pods of ours only. */
  onChange(listener: (change: IndexChange) => void): void {
    this.#listeners.add(listener);
  }

  get(uid: string): KnownPod | undefined {
    return this.#byUid.get(uid);
  }

  seen(uid: string): Sighting | undefined {
    return this.#seen.get(uid);
  }

  all(): readonly KnownPod[] {
    return [...this.#byUid.values()];
  }

  hasKey(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** The pod that takes the calls of a slot. */
  holder(key: string, slot: number): KnownPod | undefined {
    const pods = this.#byKey.get(key)?.values() ?? [];
    return eldest([...pods].filter((known) => known.slot === slot && this.#serves(known)));
  }

  /** UID of the pod that was created last for a slot, alive or not; empty when none is known. */
  lastHolderUid(key: string, slot: number): string {
    return this.#lastHolders.get(`${key}/${String(slot)}`)?.uid ?? '';
  }

  /** Takes the answer of a write of ours. */
  accept(pod: Pod): void {
    this.#store.accept(pod);
    const stored = this.#store.get(pod.metadata.name);
    if (stored !== undefined) this.#put(stored);
  }

  find(name: string): Pod | undefined {
    return this.#store.get(name);
  }

  /** Takes a pod out of service here; the collector tells the others. */
  condemn(uid: string, condemned: Condemned): void {
    const known = this.#byUid.get(uid);
    if (known === undefined || this.#condemned.has(uid)) return;
    this.#condemned.set(uid, condemned);
    this.#tell({ known, isGone: false });
  }

  /** Takes the pods of a slot back into service, but for those that nobody can use or that are marked. */
  pardon(key: string, slot: number): void {
    for (const known of this.#byKey.get(key)?.values() ?? []) {
      if (known.slot !== slot || this.#condemned.get(known.uid)?.atOnce !== false) continue;
      this.#condemned.delete(known.uid);
      this.#tell({ known, isGone: false });
    }
  }

  condemned(uid: string): Condemned | undefined {
    return this.#condemned.get(uid);
  }

  #serves(known: KnownPod): boolean {
    return canServe(known) && !this.#condemned.has(known.uid);
  }

  #put(pod: Pod, isOld = false): void {
    const { uid, resourceVersion } = pod.metadata;
    const before = this.#byUid.get(uid);
    if (before !== undefined && before.pod.metadata.resourceVersion === resourceVersion) return;
    const known = readKnownPod(pod);
    if (known === undefined) return;
    this.#byUid.set(uid, known);
    this.#seen.set(uid, sightingOf(known, this.#seen.get(uid), this.#clock.now(), isOld));
    const ofKey = this.#byKey.get(known.key) ?? new Map<string, KnownPod>();
    this.#byKey.set(known.key, ofKey.set(uid, known));
    if (before === undefined) this.#remember(known);
    this.#tell({ known, isGone: false });
  }

  #remove(pod: Pod): void {
    const { uid } = pod.metadata;
    const before = this.#byUid.get(uid);
    if (before === undefined) return;
    this.#byUid.delete(uid);
    this.#seen.delete(uid);
    this.#condemned.delete(uid);
    const ofKey = this.#byKey.get(before.key);
    ofKey?.delete(uid);
    if (ofKey?.size === 0) this.#byKey.delete(before.key);
    this.#tell({ known: readKnownPod(pod) ?? before, isGone: true });
  }

  #remember({ key, slot, uid, pod }: KnownPod): void {
    const { createdMs } = pod.metadata;
    const place = `${key}/${String(slot)}`;
    const before = this.#lastHolders.get(place);
    if (before !== undefined && before.createdMs > createdMs) return;
    this.#lastHolders.delete(place);
    this.#lastHolders.set(place, { uid, createdMs });
    if (this.#lastHolders.size <= maxHolders) return;
    for (const oldest of this.#lastHolders.keys()) {
      this.#lastHolders.delete(oldest);
      return;
    }
  }

  #tell(change: IndexChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
