import type { Resolved } from '../resolver/resolution.ts';
import type { ResolveOptions } from '../resolver/resolver.ts';
import { flagField, textField } from '../rpc/fields.ts';
import type { UnaryMethod } from './unary-handler.ts';

/** What the service needs of `resolver/resolver.ts`. */
export interface ImageResolver {
  resolve(image: string, options: ResolveOptions): Promise<Resolved>;
}

/** `functionrunner.v1.ImageResolver/ResolveImage`. */
export function resolveImageMethod(resolver: ImageResolver): UnaryMethod {
  return async (request, context) => {
    const image = textField(request, 'image');
    const resolved = await resolver.resolve(image, {
      signal: context.signal,
      caller: context.caller,
      refresh: flagField(request, 'refresh'),
    });
    const { resolution, cached, elapsedMs } = resolved;
    const { digest, connection, credential } = resolution;
    const reference = resolution.reference.canonical;
    context.note({ reference, digest, connection, credential, cached });
    return {
      image: resolution.image,
      reference,
      digest,
      platformDigest: resolution.platformDigest,
      mediaType: resolution.mediaType,
      platforms: resolution.platforms,
      entrypoint: resolution.entrypoint,
      cmd: resolution.cmd,
      env: resolution.env,
      workingDir: resolution.workingDir,
      user: resolution.user,
      connection,
      attempts: resolution.attempts,
      credential,
      cached,
      elapsedMs,
    };
  };
}
