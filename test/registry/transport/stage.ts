import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Authority, KeyPair } from '../../../examples/registry/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { Handler, TestServer, TestServerOptions } from '../../support/http-server.ts';
import { imageContent, sendContent } from '../protocol/image-content.ts';
import type { ImageContent } from '../protocol/image-content.ts';

/** What the tests of the transport play with: an image, a registry's authority and somebody else's. */
export interface Stage {
  readonly content: ImageContent;
  readonly authority: Authority;
  readonly stranger: Authority;
  /** For 127.0.0.1, localhost and registry.example, by `authority`. */
  readonly tls: KeyPair;
  /** The same by `stranger`. */
  readonly strangersTls: KeyPair;
  /** Answers with the image, to anybody. */
  readonly serve: Handler;
}

export async function setStage(): Promise<Stage> {
  const content = await imageContent();
  const authority = await createAuthority({ name: 'Registry CA' });
  const stranger = await createAuthority({ name: 'Somebody else' });
  const names = { ipAddresses: ['127.0.0.1'], dnsNames: ['registry.example', 'localhost'] };
  return {
    content,
    authority,
    stranger,
    tls: await authority.issue(names),
    strangersTls: await stranger.issue(names),
    serve: (request, response) => {
      sendContent(content, request, response);
    },
  };
}

/** A server for as long as `work` lasts. */
export async function withServer<T>(
  handler: Handler,
  options: TestServerOptions,
  work: (server: TestServer) => Promise<T>,
): Promise<T> {
  const server = await startServer(handler, options);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** The reference of the stage's image. */
export function imageAt(server: { readonly authority: string }): string {
  return `${server.authority}/team/fn:v1`;
}

export function authorizationsSeen(server: TestServer): readonly (string | undefined)[] {
  return server.requests.map(({ headers }) => headers.authorization);
}

/** The mounted CA or nobody. */
export const noSystemRoots = { systemRoots: (): readonly string[] => [] };
/** Retries follow at once. */
export const withoutJitter = { random: (): number => 0 };
