import { RunnerError } from '../core/errors.ts';
import type { ImageConfig } from './config.ts';

/**
 * What the image runs: its ENTRYPOINT followed by its CMD.
 * https://github.com/opencontainers/image-spec/blob/main/config.md#properties
 *
 * @throws RunnerError `MAN_CONFIG` when there is nothing to run
 */
export function commandOf(config: Pick<ImageConfig, 'entrypoint' | 'cmd'>): readonly [string, ...string[]] {
  const [program, ...rest] = [...config.entrypoint, ...config.cmd];
  if (program === undefined || program === '') {
    throw new RunnerError('MAN_CONFIG', 'image has no entrypoint or command', {
      hint: 'Build the image with an ENTRYPOINT or a CMD that starts the function.',
    });
  }
  return [program, ...rest];
}
