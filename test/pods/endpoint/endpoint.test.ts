import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { withTimeout } from '../../../src/core/abort.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { createConnectPod } from '../../../src/pods/endpoint/connect-pod.ts';
import type { PodAnswer, PodEndpoint } from '../../../src/pods/pod-endpoint.ts';
import { freePort } from '../../support/free-port.ts';
import { requires } from '../../support/requires.ts';
import { build, buildTimeoutMs } from '../../wrapper/go-build.ts';
import { type InPodOptions, type InPodServer, script, startInPodServer } from '../../wrapper/in-pod-server.ts';
import { buildPorchServer, startPorchServer } from './porch-server.ts';

const image = 'example.com/fn:v1';
const list = Buffer.from('kind: ResourceList\n');
const never = new AbortController().signal;
const maxMessageBytes = 1_000_000;

async function failureOf(call: Promise<unknown>): Promise<RunnerError> {
  const error: unknown = await call.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof RunnerError) return error;
  throw error instanceof Error ? error : new Error(String(error));
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('the way to an in-pod server', function () {
  requires('go');
  const ends: (() => Promise<void> | void)[] = [];

  before(async function () {
    this.timeout(buildTimeoutMs);
    await build();
    await buildPorchServer();
  });

  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  function endpointAt(address: string, times: { livenessMs?: number; evaluationTimeoutMs?: number } = {}): PodEndpoint {
    const endpoint = createConnectPod({ maxMessageBytes, evaluationTimeoutMs: 60_000, ...times })(address);
    ends.push(() => {
      endpoint.close();
    });
    return endpoint;
  }

  async function ours(options: InPodOptions): Promise<InPodServer> {
    const server = await startInPodServer(options);
    ends.push(async () => server.stop());
    return server;
  }

  async function porchs(entrypoint: readonly string[], ...flags: string[]): Promise<string> {
    const server = await startPorchServer(entrypoint, ...flags);
    ends.push(async () => server.stop());
    return server.address;
  }

  const servers = [
    { name: 'ours', start: async (entrypoint: readonly string[]) => (await ours({ entrypoint })).address },
    { name: "Porch's", start: porchs },
  ];
  for (const { name, start } of servers) {
    describe(`that is ${name}`, () => {
      async function evaluate(shell: string): Promise<PodAnswer> {
        const endpoint = endpointAt(await start(script(shell)));
        await endpoint.ready(never);
        return endpoint.evaluate({ image, resourceList: list }, never);
      }

      it('gives output and stderr of a function that succeeds', async () => {
        const answer = await evaluate('cat; echo note >&2');
        expect(answer).to.include({ exitCode: 0, stderrBytes: 5 });
        expect([text(answer.output), text(answer.stderr)]).to.deep.equal([list.toString(), 'note\n']);
      });

      it('gives stderr of a function that fails', async () => {
        const answer = await evaluate('cat; echo sad >&2; exit 1');
        expect(answer.exitCode).to.equal(1);
        expect(text(answer.stderr)).to.equal('sad\n');
      });

      it('tells that the program is not there', async () => {
        const endpoint = endpointAt(await start(['/no/such/program']));
        const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
        expect(error.code).to.equal('FUNCTION_START');
        expect(error.message).to.contain('/no/such/program');
      });

      it('tells that the output is no ResourceList', async () => {
        const endpoint = endpointAt(await start(script('echo hello')));
        const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
        expect(error.code).to.equal('FUNCTION_OUTPUT');
        expect(error.message).to.match(/^failed to parse the output of function /);
      });

      it('takes a larger answer than the bound for FUNCTION_LIMIT', async () => {
        const endpoint = endpointAt(
          await start(script(`cat; head -c ${String(maxMessageBytes)} /dev/zero | tr '\\0' '#'`)),
        );
        const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
        expect(error.code).to.equal('FUNCTION_LIMIT');
      });

      it('takes a larger request than the bound for FUNCTION_LIMIT', async () => {
        const endpoint = endpointAt(await start(['cat']));
        const resourceList = Buffer.alloc(maxMessageBytes + 1, '#');
        expect((await failureOf(endpoint.evaluate({ image, resourceList }, never))).code).to.equal('FUNCTION_LIMIT');
        const answer = await endpoint.evaluate({ image, resourceList: list }, never);
        expect(text(answer.output)).to.equal(list.toString());
      });

      it('ends a call for the reason of its signal, and goes on', async () => {
        const endpoint = endpointAt(await start(script('grep -q slow && sleep 30; echo kind: ResourceList')));
        const controller = new AbortController();
        const call = failureOf(endpoint.evaluate({ image, resourceList: Buffer.from('slow') }, controller.signal));
        setTimeout(() => {
          controller.abort(new RunnerError('CANCELLED', 'gone away'));
        }, 100);
        expect((await call).message).to.equal('gone away');
        using late = withTimeout(undefined, 100, 'this call');
        const second = await failureOf(endpoint.evaluate({ image, resourceList: Buffer.from('slow') }, late.signal));
        expect([second.code, second.message]).to.deep.equal(['DEADLINE', 'this call took longer than 100 ms']);
        expect((await endpoint.evaluate({ image, resourceList: list }, never)).exitCode).to.equal(0);
      });

      it('ends a function that runs for too long', async () => {
        const endpoint = endpointAt(await start(['sleep', '30']), { evaluationTimeoutMs: 100 });
        const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
        expect([error.code, error.message]).to.deep.equal([
          'FUNCTION_TIMEOUT',
          'the function did not end within 100 ms',
        ]);
      });

      it('is not lost while a function takes its time', async () => {
        const endpoint = endpointAt(await start(script('sleep 1; cat')), { livenessMs: 20 });
        expect((await endpoint.evaluate({ image, resourceList: list }, never)).exitCode).to.equal(0);
      });

      it('is lost when it dies during calls', async () => {
        const endpoint = endpointAt(await start(script('kill -9 $PPID; sleep 1')));
        const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
        expect(error.code, error.message).to.equal('POD_LOST');
        expect((await failureOf(endpoint.evaluate({ image, resourceList: list }, never))).code).to.equal('POD_LOST');
      });

      it('is ready as soon as it serves, though nobody was there at first', async () => {
        const port = await freePort();
        const endpoint = endpointAt(`127.0.0.1:${String(port)}`);
        const ready = endpoint.ready(never);
        if (name === 'ours') await ours({ entrypoint: ['cat'], flags: [`--port=${String(port)}`] });
        else await porchs(['cat'], `--port=${String(port)}`);
        const startedMs = performance.now();
        await ready;
        expect(performance.now() - startedMs).to.be.below(500);
      });
    });
  }

  it('without a command is hopeless at once', async () => {
    const { address } = await ours({ entrypoint: [] });
    const error = await failureOf(endpointAt(address).ready(never));
    expect(error.code).to.equal('MAN_CONFIG');
    expect(error.message).to.contain('no entrypoint');
    expect(error.details.hint).to.contain('ENTRYPOINT');
  });

  it('is waited for as long as the signal allows', async () => {
    const endpoint = endpointAt(`127.0.0.1:${String(await freePort())}`);
    using soon = withTimeout(undefined, 150, 'the start');
    expect((await failureOf(endpoint.ready(soon.signal))).message).to.equal('the start took longer than 150 ms');
  });

  it('that ends in an orderly way loses no call: those that it took are answered, others are POD_LOST', async () => {
    const server = await ours({ entrypoint: script('sleep 0.5; cat') });
    const endpoint = endpointAt(server.address);
    const taken = endpoint.evaluate({ image, resourceList: list }, never);
    await systemClock.delay(200);
    server.child.kill('SIGTERM');
    expect((await taken).exitCode).to.equal(0);
    expect((await failureOf(endpoint.evaluate({ image, resourceList: list }, never))).code).to.equal('POD_LOST');
  });

  it('tells results of a failed function without stderr, though the text then ends in a space', async () => {
    const result = 'kind: ResourceList\\nresults:\\n- message: no name\\n  severity: error\\n';
    const endpoint = endpointAt(await porchs(script(`printf '${result}'; exit 1`)));
    const answer = await endpoint.evaluate({ image, resourceList: list }, never);
    expect(answer).to.deep.include({
      exitCode: 1,
      results: [{ severity: 'error', message: 'no name' }],
      stderrBytes: 0,
    });
  });

  for (const size of [30_000, 100_000, 1_000_000]) {
    it(`survives ${String(size)} bytes of stderr in a status of Porch's, with all other calls`, async () => {
      const shell = `if grep -q slow; then sleep 1; else yes 'not good' | head -c ${String(size)} >&2; echo kind: ResourceList; exit 1; fi; echo kind: ResourceList`;
      const endpoint = endpointAt(await porchs(script(shell)));
      const others = Promise.all(
        Array.from({ length: 4 }, async () => endpoint.evaluate({ image, resourceList: Buffer.from('slow') }, never)),
      );
      const bad = await Promise.all(
        Array.from({ length: 3 }, async () => endpoint.evaluate({ image, resourceList: list }, never)),
      );
      for (const answer of bad) {
        expect(answer.exitCode).to.equal(1);
        expect(text(answer.stderr)).to.match(/^not good|could not send why/);
      }
      expect((await others).map((answer) => answer.exitCode)).to.deep.equal([0, 0, 0, 0]);
      expect((await endpoint.evaluate({ image, resourceList: Buffer.from('slow') }, never)).exitCode).to.equal(0);
    });
  }

  it('is lost when it falls silent during a call', async () => {
    // Takes connections, and answers no request.
    const server = createServer().listen(0, '127.0.0.1');
    server.on('stream', () => undefined);
    await once(server, 'listening');
    ends.push(() => {
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const endpoint = endpointAt(`127.0.0.1:${String(address.port)}`, { livenessMs: 50 });
    const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
    expect(error.code).to.equal('POD_LOST');
    expect(error.message).to.contain('does not answer');
  });

  it('is told a later deadline than ours, whichever server it leads to: an end of its own would count as lost', async () => {
    const told: unknown[] = [];
    const server = createServer().listen(0, '127.0.0.1');
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      told.push(headers['grpc-timeout']);
      const isPorchs = String(headers[':path']).includes('evaluator.FunctionEvaluator');
      if (!isPorchs) stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
    });
    await once(server, 'listening');
    ends.push(() => {
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const endpoint = endpointAt(`127.0.0.1:${String(address.port)}`, { evaluationTimeoutMs: 200 });
    const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
    expect(error.code).to.equal('FUNCTION_TIMEOUT');
    expect(error.details.hint).to.include('--evaluation-timeout');
    expect(told).to.have.length(2);
    for (const timeout of told) expect(parseInt(String(timeout), 10)).to.be.greaterThan(200);
  });

  it('that speaks something else is waited for, too', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => {
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    using soon = withTimeout(undefined, 300, 'the start');
    const endpoint = endpointAt(`127.0.0.1:${String(address.port)}`);
    expect((await failureOf(endpoint.ready(soon.signal))).code).to.equal('DEADLINE');
    expect((await failureOf(endpoint.evaluate({ image, resourceList: list }, never))).code).to.equal('POD_LOST');
  });
});
