import { RunnerError } from '../../core/errors.ts';

export function invalidLayer(what: string, cause?: unknown): RunnerError {
  return new RunnerError('LAYER_INVALID', `a layer of the image cannot be unpacked: ${what}`, {
    cause,
    hint: 'Build and push the image again.',
  });
}

export function layerLimit(what: string): RunnerError {
  return new RunnerError('LAYER_LIMIT', `the image is refused: ${what}`, {
    hint: 'Build a smaller image; the limits keep one image from filling this machine.',
  });
}

/**
 * Says whose fault an error while unpacking was. What the file system refuses is this machine's, what decoders refuse is
 * the layer's, and what the registry's stream failed with passes as it is.
 */
export function toLayerError(thrown: unknown): RunnerError {
  if (thrown instanceof RunnerError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!isSystemError(thrown)) return invalidLayer(message, thrown);
  return new RunnerError('STORE_FAILED', `the image cannot be written to the local store: ${message}`, {
    cause: thrown,
    hint: 'Free disk space, or point --image-store at a folder with room that this user may write to.',
  });
}

function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown;
}
