import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchHealth } from '../grpc/health-watch.ts';
import { isRunning, waitUntil } from '../local/wait-until.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { requires } from '../support/requires.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { build, buildTimeoutMs } from './go-build.ts';
import { type InPodServer, script, startInPodServer } from './in-pod-server.ts';

const image = 'example.com/fn:v1';
const resourceList = Buffer.from('kind: ResourceList\n');
const request = { image, resourceList };

describe('the in-pod server over its life', function () {
  requires('go');
  let server: InPodServer | undefined;
  let folder: TempFolder;

  before(async function () {
    this.timeout(buildTimeoutMs);
    await build();
  });

  beforeEach(async () => {
    folder = await tempFolder('in-pod');
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
    await folder.remove();
  });

  async function start(entrypoint: readonly string[], ...flags: string[]): Promise<InPodServer> {
    server = await startInPodServer({ entrypoint, flags, env: { FOLDER: folder.path } });
    return server;
  }

  /** Lines that functions wrote to a file of their folder. */
  async function lines(name: string): Promise<readonly string[]> {
    const text = await readFile(join(folder.path, name), 'utf8').catch(() => '');
    return text.split('\n').filter(Boolean);
  }

  /** A function that hangs with a child in its group and one in a session of its own, and writes down all three. */
  const hanging = script(
    "echo $$ >>$FOLDER/pids; sleep 64 & echo $! >>$FOLDER/pids; setsid sh -c 'echo $$ >>$FOLDER/pids; exec sleep 64' & wait",
  );

  async function hangingPids(): Promise<readonly number[]> {
    await waitUntil(async () => (await lines('pids')).length === 3);
    return (await lines('pids')).map(Number);
  }

  async function waitUntilGone(pids: readonly number[]): Promise<void> {
    await waitUntil(async () => (await Promise.all(pids.map(isRunning))).every((running) => !running));
  }

  it('ends a function and all it started when its call is cancelled', async () => {
    const { client } = await start(hanging);
    const controller = new AbortController();
    const call = grpcFailureOf(client.evaluateFunction(request, { signal: controller.signal }));
    const pids = await hangingPids();
    expect(await Promise.all(pids.map(isRunning))).to.deep.equal([true, true, true]);
    controller.abort();
    expect(await call).to.include({ status: 'CANCELLED' });
    await waitUntilGone(pids);
  });

  it('ends a function and all it started when the deadline of its call passes', async () => {
    const { client } = await start(hanging);
    const call = grpcFailureOf(client.evaluateFunction(request, { deadlineMs: 500 }));
    const pids = await hangingPids();
    expect(await call).to.include({ status: 'DEADLINE_EXCEEDED' });
    await waitUntilGone(pids);
  });

  it('ends a function that is later than --function-timeout, and says so', async () => {
    const { client } = await start(hanging, '--function-timeout=400ms');
    const failure = await grpcFailureOf(client.evaluateFunction(request));
    expect(failure).to.include({ status: 'DEADLINE_EXCEEDED', reason: 'FUNCTION_TIMEOUT' });
    await waitUntilGone(await hangingPids());
  });

  it('leaves nothing of a function that ended but for what it wrote', async () => {
    const { client } = await start(
      script("setsid sh -c 'echo $$ >>$FOLDER/pids; exec sleep 65 >/dev/null 2>&1' & sleep 0.2; cat"),
    );
    await client.evaluateFunction(request);
    await waitUntilGone((await lines('pids')).map(Number));
    expect(await lines('pids')).to.have.length(1);
  });

  it('runs no more functions at once than --max-concurrent-calls, and the others in their turn', async () => {
    const count = 'echo + >>$FOLDER/running; sleep 0.1; cat; echo - >>$FOLDER/running';
    const { client } = await start(script(count), '--max-concurrent-calls=2');
    await Promise.all(Array.from({ length: 8 }, async () => client.evaluateFunction(request)));
    let running = 0;
    const seen = (await lines('running')).map((line) => (running += line === '+' ? 1 : -1));
    expect(Math.max(...seen)).to.equal(2);
    expect(seen).to.have.length(16);
  });

  it('refuses calls when too many wait already', async () => {
    const { client } = await start(script('sleep 0.3; cat'), '--max-concurrent-calls=1');
    const calls = Array.from({ length: 12 }, async () => client.evaluateFunction(request, { deadlineMs: 900 }));
    const settled = await Promise.all(
      calls.map(async (call) =>
        call.then(
          () => undefined,
          async () => grpcFailureOf(call),
        ),
      ),
    );
    const refused = settled.filter((failure) => failure?.reason === 'OVERLOADED');
    expect(refused.map((failure) => [failure?.status, failure?.retryDelaySeconds])).to.deep.equal(
      Array.from({ length: 3 }, () => ['RESOURCE_EXHAUSTED', 1]),
    );
  });

  it('gives its place back when a waiting call is cancelled', async () => {
    const { client } = await start(script('sleep 0.5; cat'), '--max-concurrent-calls=1');
    const first = client.evaluateFunction(request);
    await grpcFailureOf(client.evaluateFunction(request, { deadlineMs: 100 }));
    await first;
    await client.evaluateFunction(request, { deadlineMs: 3000 });
  });

  it('[WS12] is SERVING for itself and each service, and NOT_FOUND for others', async () => {
    const { client } = await start(script('cat'));
    for (const name of ['', 'evaluator.FunctionEvaluator', 'functionrunner.v1.FunctionRunner']) {
      expect(await client.checkHealth(name), name).to.equal('SERVING');
    }
    expect(await grpcFailureOf(client.checkHealth('no.such.Service'))).to.include({ status: 'NOT_FOUND' });
  });

  it('finishes accepted calls on SIGTERM, says NOT_SERVING to watchers, and exits with 0', async () => {
    const { client, child, exited, address } = await start(script('echo x >>$FOLDER/started; sleep 0.6; cat'));
    const watch = watchHealth(address);
    await watch.received(1);
    await delay(50);
    expect(watch.statuses).to.deep.equal(['SERVING']);
    const call = client.evaluateFunction(request);
    await waitUntil(async () => (await lines('started')).length === 1);
    child.kill('SIGTERM');
    await watch.ended;
    expect(watch.statuses).to.deep.equal(['SERVING', 'NOT_SERVING']);
    expect(Buffer.from((await call).resourceList).toString()).to.equal('kind: ResourceList\n');
    expect(await exited).to.equal(0);
    watch.close();
  });

  it('ends calls that outlast --drain-timeout, and their functions', async () => {
    const { client, child, exited } = await start(hanging, '--drain-timeout=300ms');
    const call = grpcFailureOf(client.evaluateFunction(request));
    const pids = await hangingPids();
    child.kill('SIGTERM');
    expect(await call).to.include({ status: 'UNAVAILABLE', reason: 'SHUTTING_DOWN' });
    expect(await exited).to.equal(0);
    await waitUntilGone(pids);
  });

  it('ends calls at once on a second SIGTERM', async () => {
    const { client, child, exited } = await start(hanging);
    const call = grpcFailureOf(client.evaluateFunction(request));
    const pids = await hangingPids();
    child.kill('SIGTERM');
    await delay(100);
    child.kill('SIGTERM');
    expect(await call).to.include({ status: 'UNAVAILABLE' });
    expect(await exited).to.equal(0);
    await waitUntilGone(pids);
  });

  it('says what is wrong with its command line and exits with 2', async () => {
    const error: unknown = await start(script('cat'), '--no-such-flag').catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain('no-such-flag');
  });
});
