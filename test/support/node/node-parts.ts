import type { Behaviours } from './behaviour.ts';
import type { NodeApi } from './node-api.ts';
import type { NodeImages } from './node-images.ts';

/** What the pods of a node share. */
export interface NodeParts {
  readonly name: string;
  readonly architecture: string;
  /** For volumes and roots. */
  readonly folder: string;
  readonly api: NodeApi;
  readonly images: NodeImages;
  readonly behaviours: Behaviours;
  /** Of pulls and of crashes: doubled each time, up to 5 min. */
  readonly backOffMs: number;
  /** A node that is lost tells nothing any more. */
  isLost(): boolean;
  note(error: unknown): void;
}
