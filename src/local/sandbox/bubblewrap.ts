import { bubblewrapArguments, type BubblewrapFeatures } from './bubblewrap-command.ts';
import { lastLineAfter } from './last-line-after.ts';
import type { ProcessResult } from '../process/process.ts';
import type { Sandbox, SandboxCommand } from './sandbox.ts';

/** https://github.com/containers/bubblewrap */
export class Bubblewrap implements Sandbox {
  readonly kind = 'bubblewrap';
  readonly env = {};
  readonly #program: string;
  readonly #features: BubblewrapFeatures;

  constructor(program: string, features: BubblewrapFeatures) {
    this.#program = program;
    this.#features = features;
  }

  argv(command: SandboxCommand): readonly [string, ...string[]] {
    return [this.#program, ...bubblewrapArguments(command, this.#features)];
  }

  /** bubblewrap exits 1 when it fails, as functions do; but it reports an exit code only of a program that started. */
  startFailure({ exitCode, status, stderr }: ProcessResult): string | undefined {
    if (exitCode !== 1 || status.includes('"exit-code"')) return undefined;
    return lastLineAfter('bwrap: ', stderr) ?? 'bubblewrap failed without a word';
  }
}
