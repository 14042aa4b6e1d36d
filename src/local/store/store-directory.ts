import { homedir } from 'node:os';
import { join } from 'node:path';

/** `$XDG_CACHE_HOME/krm-function-runner`, else `~/.cache/krm-function-runner` (XDG Base Directory Specification). */
export function storeDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const cache = environment['XDG_CACHE_HOME'];
  const base = cache?.startsWith('/') === true ? cache : join(environment['HOME'] ?? homedir(), '.cache');
  return join(base, 'krm-function-runner');
}
