import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { withTimeout } from '../../../src/core/abort.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { createConnectPod } from '../../../src/pods/endpoint/connect-pod.ts';
import type { PodEndpoint } from '../../../src/pods/pod-endpoint.ts';

const image = 'example.com/fn:v1';
const list = Buffer.from('kind: ResourceList\n');
const never = new AbortController().signal;

describe('an in-pod server that is none, or not a whole one', () => {
  const ends: (() => void)[] = [];

  afterEach(() => {
    for (const end of ends.splice(0).toReversed()) end();
  });

  function endpointAt(address: string, livenessMs = 5000): PodEndpoint {
    const endpoint = createConnectPod({ maxMessageBytes: 1e6, evaluationTimeoutMs: 60_000, livenessMs })(address);
    ends.push(() => {
      endpoint.close();
    });
    return endpoint;
  }

  async function answering(respond: (stream: ServerHttp2Stream, path: string) => void): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1');
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      respond(stream, String(headers[':path']));
    });
    await once(server, 'listening');
    ends.push(() => {
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `127.0.0.1:${String(address.port)}`;
  }

  it('is not there yet while a proxy answers for it, with 404 for example', async () => {
    const answered: string[] = [];
    const address = await answering((stream, path) => {
      answered.push(path);
      stream.respond({ ':status': 404 }, { endStream: true });
    });
    const endpoint = endpointAt(address);
    using patience = withTimeout(never, 300, 'the test');
    expect((await failureOf(endpoint.ready(patience.signal))).code).to.equal('DEADLINE');
    expect(answered).to.include('/grpc.health.v1.Health/Check');
    const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
    expect(error.code).to.equal('POD_LOST');
    expect(error.message).to.contain('404');
  });

  it('is not taken for lost because it has no health service', async () => {
    const status = (code: string): OutgoingHttpHeaders => ({ 'content-type': 'application/grpc', 'grpc-status': code });
    let asked = 0;
    let end = (): void => undefined;
    const address = await answering((stream, path) => {
      const isCall = path.includes('evaluator.FunctionEvaluator');
      if (isCall) end = () => stream.respond(status('13'), { endStream: true });
      else stream.respond(status('12'), { endStream: true });
      if (path.includes('Health')) asked += 1;
      // One more than it takes to be lost.
      if (asked === 4) end();
    });
    const endpoint = endpointAt(address, 20);
    const error = await failureOf(endpoint.evaluate({ image, resourceList: list }, never));
    expect(error.code).to.equal('INTERNAL');
  });
});

async function failureOf(call: Promise<unknown>): Promise<RunnerError> {
  const error: unknown = await call.then(
    () => new Error('it succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof RunnerError) return error;
  throw error instanceof Error ? error : new Error(String(error));
}
