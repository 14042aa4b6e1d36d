import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Executables, writeExecutables } from '../support/executables.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startServer } from '../support/http-server.ts';
import { startService, type TestService } from '../support/service.ts';

/** Writes its own pid and that of a child that would outlive it, then waits. */
const slowScript = 'sleep 300 & echo "$$ $!" > "$0.pids.tmp"; mv "$0.pids.tmp" "$0.pids"; wait';

describe('the work behind a call', function () {
  this.timeout(20_000);
  let executables: Executables;
  let service: TestService;

  beforeEach(async () => {
    executables = await writeExecutables({ slow: slowScript });
    service = await startService({ flags: executables.flags });
  });

  afterEach(async () => {
    await service.stop();
    await executables.remove();
  });

  const pidsOfSlow = async (): Promise<readonly number[]> => {
    for (;;) {
      const text = await readFile(join(executables.path, 'slow.pids'), 'utf8').catch(() => '');
      if (text !== '') return text.trim().split(' ').map(Number);
      await pause();
    }
  };

  it('ends with all its processes when the caller goes away', async () => {
    const caller = new AbortController();
    const failure = grpcFailureOf(
      service.evaluate(executables.image('slow'), 'kind: ResourceList', { signal: caller.signal }),
    );
    const pids = await pidsOfSlow();
    expect(pids.map(isAlive)).to.deep.equal([true, true]);
    caller.abort();
    expect(await failure).to.include({ status: 'CANCELLED' });
    await untilGone(pids);
  });

  it("ends with all its processes when the caller's deadline passes", async () => {
    const failure = grpcFailureOf(
      service.porchEvaluate(executables.image('slow'), 'kind: ResourceList', { deadlineMs: 1000 }),
    );
    const pids = await pidsOfSlow();
    expect(await failure).to.include({ status: 'DEADLINE_EXCEEDED' });
    await untilGone(pids);
  });

  it("ends its request to a silent registry when the caller's deadline passes", async () => {
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    const registry = await startServer((_request, response) => {
      response.once('close', resolve);
    });
    const local = await startService({ flags: [`--insecure-registries=${registry.authority}`] });
    const failure = await grpcFailureOf(local.resolve(`${registry.authority}/team/fn:v1`, { deadlineMs: 1000 }));
    expect(failure).to.include({ status: 'DEADLINE_EXCEEDED' });
    await cut;
    await local.stop();
    await registry.stop();
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The test's own time limit ends the waiting. */
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await pause();
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
