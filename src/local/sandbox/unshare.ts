import { lastLineAfter } from './last-line-after.ts';
import type { ProcessResult } from '../process/process.ts';
import type { Sandbox, SandboxCommand } from './sandbox.ts';
import { unshareCommand, type UnshareTools } from './unshare-command.ts';

/** Exit codes of programs that could not run another one, as in POSIX shells. */
const cannotExecute: readonly number[] = [126, 127];

/** The sandbox of util-linux alone, for machines without bubblewrap. */
export class Unshare implements Sandbox {
  readonly kind = 'unshare';
  readonly env: Readonly<Record<string, string>>;
  readonly #tools: UnshareTools;

  constructor(tools: UnshareTools, path: string) {
    this.#tools = tools;
    this.env = { PATH: path };
  }

  argv(command: SandboxCommand): readonly [string, ...string[]] {
    return unshareCommand(command, this.#tools);
  }

  startFailure({ exitCode, status, stderr }: ProcessResult): string | undefined {
    const said = lastLineAfter('unshare: ', stderr);
    if (!status.includes('ready'))
      return said ?? lastLineAfter('mount: ', stderr) ?? 'the file system cannot be laid out';
    return cannotExecute.includes(exitCode) ? said : undefined;
  }
}
