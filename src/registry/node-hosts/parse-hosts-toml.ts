import { RunnerError } from '../../core/errors.ts';
import { readHostsFile } from './hosts-file.ts';
import type { HostEntry } from './hosts-file.ts';

/** Deeper than any setting. */
const maxDepth = 20;

/** Reads a hosts.toml. Throws `CFG_SHAPE` that quotes nothing of it: its headers may be secret. */
export async function parseHostsToml(bytes: Uint8Array, file: string): Promise<readonly HostEntry[]> {
  // Loaded when the first one is met: a service without them need not hold a parser.
  const { parse } = await import('smol-toml');
  let document: ReturnType<typeof parse>;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    document = parse(text, { maxDepth, unsafeKeyBehaviour: 'throw' });
  } catch {
    throw unusable(file, 'it is no TOML');
  }
  try {
    return readHostsFile(document);
  } catch (thrown) {
    throw unusable(file, thrown instanceof TypeError ? thrown.message : 'it cannot be understood');
  }
}

function unusable(file: string, reason: string): RunnerError {
  return new RunnerError('CFG_SHAPE', `${file}: ${reason}`, {
    file,
    hint: 'Write it as https://github.com/containerd/containerd/blob/main/docs/hosts.md says.',
  });
}
