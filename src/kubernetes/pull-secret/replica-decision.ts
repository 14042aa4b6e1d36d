/** Which source a secret was written from. */
export interface SourceMark {
  /** Tells what the source gives for this secret from other contents, 64 hexadecimal digits. */
  readonly hash: string;
  /** When the source was put there, in milliseconds since the epoch. */
  readonly swappedAtMs: number;
}

/** What a secret is to be like. */
interface Source extends SourceMark {
  /** SHA-256 of what it is to hold, hexadecimal. */
  readonly dataHash: string;
  /** Of the source as it is mounted. */
  readonly fileHash: string;
}

/** What the secret is like. */
export type ReplicaState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong-type'; readonly type: string }
  | {
      readonly kind: 'ours';
      readonly dataHash: string;
      /** Undefined where somebody took the marks off. */
      readonly mark: SourceMark | undefined;
      /** Labels and annotations are as we write them. */
      readonly isMarked: boolean;
      /** When one of ours wrote it last by the server's clock, in milliseconds since the epoch; undefined when it does not tell. */
      readonly writtenAtMs: number | undefined;
      readonly isImmutable: boolean;
    }
  | {
      readonly kind: 'foreign';
      readonly dataHash: string;
      /** Porch's runner was the last to write its data. */
      readonly isPorch: boolean;
      readonly isImmutable: boolean;
    };

/** `leave` with `equal` false: ours is an older content than that of another runner, whose kubelet was faster. */
export type ReplicaAction =
  | { readonly kind: 'leave'; readonly equal: boolean }
  | { readonly kind: 'create' | 'write' | 'repair' | 'adopt' }
  | { readonly kind: 'error'; readonly problem: 'type' | 'foreign' | 'immutable' };

/** Whether a secret that is not ours may become ours: any, or one that holds what we would write or is Porch's; never even that. */
export type Adoption = boolean | 'never';

/**
 * Who may write what. Kubelets swap the mounts of two runners up to a minute apart, so a runner writes only from a newer
 * swap than the recorded one, and puts right only what is recorded to be its own content.
 *
 * @param remembered the last mark seen on the secret, for when it was deleted or lost its marks
 */
export function decideReplica(
  source: Source,
  replica: ReplicaState,
  { adopt, remembered }: { readonly adopt: Adoption; readonly remembered: SourceMark | undefined },
): ReplicaAction {
  switch (replica.kind) {
    case 'absent':
      return isStale(source, remembered) ? { kind: 'leave', equal: false } : { kind: 'create' };
    case 'wrong-type':
      return { kind: 'error', problem: 'type' };
    case 'ours':
      return ofOurs(source, replica, remembered);
    case 'foreign':
      if (adopt === 'never') return { kind: 'error', problem: 'foreign' };
      if (replica.dataHash === source.dataHash) return { kind: 'adopt' };
      if (!replica.isPorch && !adopt && replica.dataHash !== source.fileHash)
        return { kind: 'error', problem: 'foreign' };
      return replica.isImmutable ? { kind: 'error', problem: 'immutable' } : { kind: 'adopt' };
  }
}

function ofOurs(
  source: Source,
  replica: Extract<ReplicaState, { kind: 'ours' }>,
  remembered: SourceMark | undefined,
): ReplicaAction {
  const { dataHash, mark, isMarked, isImmutable, writtenAtMs } = replica;
  const isSame = dataHash === source.dataHash;
  if (isSame && isMarked && mark?.hash === source.hash) return { kind: 'leave', equal: true };
  const recorded = mark === undefined ? remembered : withHonestTime(mark, writtenAtMs);
  if (isStale(source, recorded)) return { kind: 'leave', equal: isSame };
  if (isImmutable && !isSame) return { kind: 'error', problem: 'immutable' };
  return { kind: recorded?.hash === source.hash ? 'repair' : 'write' };
}

/** A swap cannot be later than the write that followed it: a node whose clock is ahead must not lock the others out. */
function withHonestTime(mark: SourceMark, writtenAtMs: number | undefined): SourceMark {
  // The server's times are cut to whole seconds.
  return writtenAtMs === undefined ? mark : { ...mark, swappedAtMs: Math.min(mark.swappedAtMs, writtenAtMs + 999) };
}

function isStale(source: SourceMark, recorded: SourceMark | undefined): boolean {
  return recorded !== undefined && recorded.hash !== source.hash && source.swappedAtMs <= recorded.swappedAtMs;
}
