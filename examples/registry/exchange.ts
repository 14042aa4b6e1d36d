import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { BlobFiles } from './blob-files.ts';
import type { Repositories } from './repositories.ts';

/** One request, already routed and authenticated. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Repository name. */
  readonly name: string;
  /** What follows the route's verb: tag, digest or upload id; may be empty. */
  readonly reference: string;
  readonly repositories: Repositories;
  readonly files: BlobFiles;
}

/** What the registry says. A stream must be as long as the `Content-Length` header says. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
}

export type Handler = (exchange: Exchange) => Answer | Promise<Answer>;
