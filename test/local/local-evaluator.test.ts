import { expect } from 'chai';

import type { CounterName, Counters } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import type { CallerLogin } from '../../src/credentials/caller.ts';
import { silentLog } from '../../src/core/log.ts';
import { LocalEvaluator, type LocalEvaluatorOptions } from '../../src/evaluate/local.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { ImageContent } from '../../src/local/store/image-content.ts';
import type { UnpackedImage } from '../../src/local/store/leases.ts';
import type { Sandbox, SandboxCommand } from '../../src/local/sandbox/sandbox.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { failureOf } from './failure-of.ts';
import { MadeImage } from './made-image.ts';

const image = MadeImage.ofTar(Buffer.alloc(1024));
const list = 'kind: ResourceList\n';
const limits = { timeoutMs: 5000, maxStdoutBytes: 1e6, maxStderrBytes: 1e4, tmpBytes: 4096 };

const resolution: Resolution = {
  ...image.content,
  reference: parseReference(image.content.image),
  digest: `sha256:${'1'.repeat(64)}`,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  platforms: ['linux/amd64'],
  platform: parsePlatform('linux/amd64'),
  entrypoint: ['/function'],
  cmd: ['--strict'],
  env: ['A=b'],
  workingDir: '/work',
  user: 'app',
  connection: 'system-ca',
  attempts: [],
  credential: 'anonymous',
  warnings: [],
};

/** No sandbox at all: it runs one shell script, whatever the function, and notes what it was asked for. */
class NotedSandbox implements Sandbox {
  readonly kind = 'unshare';
  readonly env = { PATH: '/usr/bin:/bin' };
  readonly script: string;
  commands: SandboxCommand[] = [];
  failures: (string | undefined)[] = [];

  constructor(script: string) {
    this.script = script;
  }

  argv(command: SandboxCommand): readonly [string, ...string[]] {
    this.commands.push(command);
    return ['/bin/sh', '-c', this.script];
  }

  startFailure(): string | undefined {
    return this.failures.shift();
  }
}

/** Gives the same root to everybody and counts what is given back. */
class NotedStore {
  readonly askers: string[] = [];
  taken = 0;
  released = 0;
  gone = false;

  async unpack(content: ImageContent, _open: unknown, _signal: unknown, asker?: string): Promise<UnpackedImage> {
    this.taken += 1;
    this.askers.push(asker ?? '');
    const root = `/roots/${content.platformDigest}`;
    return await Promise.resolve({
      root,
      passwd: 'app:x:1000:2000::/home/app:/bin/sh',
      group: '',
      release: () => {
        this.released += 1;
      },
      isGone: async () => await Promise.resolve(this.gone),
    });
  }
}

class NotedCounters implements Counters {
  readonly lines: string[] = [];

  add(name: CounterName, labels: Readonly<Record<string, string>>): void {
    this.lines.push(`${name} ${Object.values(labels).join(' ')}`);
  }
}

interface Parts {
  readonly store: NotedStore;
  readonly sandbox: NotedSandbox;
  readonly counters: NotedCounters;
  readonly evaluate: (caller?: CallerLogin) => ReturnType<LocalEvaluator['evaluate']>;
}

function parts(script = 'cat; echo done >&2', options: Partial<LocalEvaluatorOptions> = {}): Parts {
  const [store, sandbox, counters] = [new NotedStore(), new NotedSandbox(script), new NotedCounters()];
  const evaluator = new LocalEvaluator({
    resolver: { resolve: async () => await Promise.resolve({ resolution }), session: async () => await image.open() },
    store,
    sandboxes: { current: async () => await Promise.resolve(sandbox), forget: () => undefined },
    limits,
    counters,
    ...options,
  });
  const { signal } = new AbortController();
  const request = { image: 'short-name', resourceList: Buffer.from(list), signal, log: silentLog };
  return { store, sandbox, counters, evaluate: async (caller) => await evaluator.evaluate({ ...request, caller }) };
}

describe('LocalEvaluator', () => {
  it('gives what the function wrote and where it ran', async () => {
    const { evaluate, store, counters } = parts();
    const outcome = await evaluate();
    expect(outcome).to.include({ runtime: 'local', exitCode: 0, stderrBytes: 5, digest: resolution.digest });
    expect(Buffer.from(outcome.output).toString()).to.equal(list);
    expect(store).to.include({ taken: 1, released: 1 });
    expect(counters.lines).to.deep.equal(['evaluations local ok']);
  });

  it('runs what the image says: command, environment, folder and user', async () => {
    const { evaluate, sandbox } = parts();
    await evaluate();
    expect(sandbox.commands).to.deep.equal([
      {
        root: `/roots/${resolution.platformDigest}`,
        argv: ['/function', '--strict'],
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/home/app', A: 'b' },
        workingDir: '/work',
        uid: 1000,
        gid: 2000,
        tmpBytes: 4096,
      },
    ]);
  });

  it('pulls with each login by itself, and says nothing of it', async () => {
    const { evaluate, store } = parts();
    const callers = ['love', 'lace'].map((password) => ({
      login: { kind: 'basic', username: 'ada', password: new Secret(password) } as const,
      server: undefined,
    }));
    for (const caller of [undefined, ...callers, ...callers]) await evaluate(caller);
    expect(new Set(store.askers).size).to.equal(3);
    expect(store.askers.join()).to.not.match(/love|lace|ada/);
  });

  it('takes a function that fails for an outcome', async () => {
    const { evaluate, counters, store } = parts('exit 3');
    expect((await evaluate()).exitCode).to.equal(3);
    expect(counters.lines).to.deep.equal(['evaluations local failed']);
    expect(store.released).to.equal(1);
  });

  it('fails when the output is no ResourceList, and gives the root back', async () => {
    const { evaluate, counters, store } = parts('echo hello');
    expect((await failureOf(evaluate())).code).to.equal('FUNCTION_OUTPUT');
    expect(counters.lines).to.deep.equal(['evaluations local FUNCTION_OUTPUT']);
    expect(store.released).to.equal(1);
  });

  it('passes on what the resolver says, naming the image, and never says "not found" by itself', async () => {
    const refusal = new RunnerError('MAN_NOT_FOUND', 'no such tag');
    const resolver = { resolve: async () => await Promise.reject(refusal), session: async () => await image.open() };
    const error = await failureOf(parts('', { resolver }).evaluate());
    expect(error).to.include({ code: 'MAN_NOT_FOUND', message: 'no such tag' });
    expect(error.details).to.include({ image: 'short-name', runtime: 'local' });
  });

  it('pulls nothing where no sandbox works', async () => {
    const refusal = new RunnerError('SANDBOX_UNAVAILABLE', 'none');
    const { evaluate, store } = parts('', {
      sandboxes: { current: async () => await Promise.reject(refusal), forget: () => undefined },
    });
    expect((await failureOf(evaluate())).code).to.equal('SANDBOX_UNAVAILABLE');
    expect(store.taken).to.equal(0);
  });

  it('says why a function never started, in one line', async () => {
    const { evaluate, sandbox, store } = parts();
    sandbox.failures = ['execvp /function:\u001B[31m No such file'];
    const error = await failureOf(evaluate());
    expect(error.code).to.equal('FUNCTION_START');
    expect(error.message).to.match(/^cannot start \/function of registry\.test\/fn:v1 .* No such file$/);
    expect(error.message).not.to.include('\u001B');
    expect(store).to.include({ taken: 1, released: 1 });
  });

  it('tries once more when the root has been removed under it', async () => {
    const { evaluate, sandbox, store } = parts();
    store.gone = true;
    sandbox.failures = ["Can't find source path"];
    expect((await evaluate()).exitCode).to.equal(0);
    expect(store).to.include({ taken: 2, released: 2 });
    sandbox.failures = ['gone', 'gone again'];
    expect((await failureOf(evaluate())).message).to.include('gone again');
  });
});
