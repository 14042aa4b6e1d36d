import { expect } from 'chai';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { requires } from '../support/requires.ts';
import { build, buildTimeoutMs } from './go-build.ts';
import { type InPodServer, script, startInPodServer } from './in-pod-server.ts';

const image = 'example.com/fn:v1';
const resourceList = Buffer.from('apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n');
const withResult = 'kind: ResourceList\nresults:\n- message: no name\n  severity: error\n  file: {path: a.yaml}\n';
const printResult = `printf '${withResult.replaceAll('\n', '\\n')}'`;

describe('the in-pod server evaluates', function () {
  requires('go');
  let server: InPodServer | undefined;

  before(async function () {
    this.timeout(buildTimeoutMs);
    await build();
  });

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  async function start(entrypoint: readonly string[], ...flags: string[]): Promise<InPodServer> {
    server = await startInPodServer({ entrypoint, flags });
    return server;
  }

  it('[WS2] [WS8] a function that succeeds: its stdout, and its stderr as the log', async () => {
    const { client } = await start(script('cat; echo note >&2'));
    const answer = await client.evaluateFunction({ image, resourceList });
    expect(Buffer.from(answer.resourceList).toString()).to.equal(resourceList.toString());
    expect(Buffer.from(answer.log).toString()).to.equal('note\n');
  });

  it('the same over functionrunner.v1, with exit code and sizes', async () => {
    const { client } = await start(script('cat; echo note >&2'));
    const answer = await client.evaluate({ image, resourceList });
    expect(answer).to.include({ exitCode: 0, runtime: 'pod', outputBytes: resourceList.length, stderrBytes: 5 });
    expect(Buffer.from(answer.output).toString()).to.equal(resourceList.toString());
  });

  it('[WS3] a function that fails with results: both in the text of Porch', async () => {
    const { client } = await start(script(`${printResult}; echo sad >&2; exit 1`));
    const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList }));
    expect(failure).to.include({ status: 'INTERNAL', reason: 'FUNCTION_FAILED' });
    expect(failure.message).to.equal(
      `failed to evaluate function "${image}" with structured results: ` +
        '[{"message":"no name","severity":"error","file":{"path":"a.yaml"}}] and stderr: sad',
    );
  });

  it('a function that fails with results as an answer of functionrunner.v1', async () => {
    const { client } = await start(script(`${printResult}; echo sad >&2; exit 3`));
    const answer = await client.evaluate({ image, resourceList });
    expect(answer).to.include({ exitCode: 3, resultCount: 1 });
    expect(answer.results[0]).to.include({ message: 'no name', severity: 'error' });
    expect(Buffer.from(answer.stderr).toString()).to.equal('sad\n');
  });

  const unparsable = [
    { row: 'WS4', title: 'fails', text: 'echo hello; echo sad >&2; exit 1', reason: 'FUNCTION_FAILED' },
    { row: 'WS6', title: 'succeeds', text: 'echo hello; echo sad >&2', reason: 'FUNCTION_OUTPUT' },
  ];
  for (const { row, title, text, reason } of unparsable) {
    it(`[${row}] a function that ${title} with something else than a ResourceList: INTERNAL`, async () => {
      const { client } = await start(script(text));
      const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList }));
      expect(failure).to.include({ status: 'INTERNAL', reason });
      expect(failure.message).to.match(
        /^failed to parse the output of function "example.com\/fn:v1" with stderr 'sad': /,
      );
      expect(failure.message).to.contain('not a ResourceList').and.to.contain('hello');
    });
  }

  it('[WS7] a function that exits with 0 and error results: a success', async () => {
    const { client, log } = await start(script(printResult));
    const answer = await client.evaluateFunction({ image, resourceList });
    expect(Buffer.from(answer.resourceList).toString()).to.equal(withResult);
    expect(log.some((line) => line['level'] === 'WARN' && line['errors'] === 1)).to.equal(true);
  });

  it('[WS5] a missing program: INTERNAL that names it', async () => {
    const { client } = await start(['/no/such/program']);
    const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList }));
    expect(failure).to.include({ status: 'INTERNAL', reason: 'FUNCTION_START' });
    expect(failure.message).to.equal(
      `Failed to execute function "${image}": cannot start /no/such/program: there is no such program`,
    );
  });

  it('[WS9] no entrypoint: NOT_SERVING, and every call says why', async () => {
    const { client, child } = await start([]);
    expect(await client.checkHealth()).to.equal('NOT_SERVING');
    for (const call of ['evaluateFunction', 'evaluate'] as const) {
      const failure = await grpcFailureOf(client[call]({ image, resourceList }));
      expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'MAN_CONFIG' });
      expect(failure.message).to.contain('no entrypoint');
    }
    expect(child.exitCode).to.equal(null);
  });

  it('[WS11] the program in PATH, with the environment that the image sets', async () => {
    server = await startInPodServer({ entrypoint: ['sh', '-c', 'cat; echo $FLAVOUR >&2'], env: { FLAVOUR: 'sweet' } });
    const answer = await server.client.evaluateFunction({ image, resourceList });
    expect(Buffer.from(answer.log).toString()).to.equal('sweet\n');
  });

  it('a function that never reads its input', async () => {
    const { client } = await start(script('echo "kind: ResourceList"'));
    const large = Buffer.alloc(5_000_000, 'a');
    const answer = await client.evaluateFunction({ image, resourceList: large });
    expect(Buffer.from(answer.resourceList).toString()).to.equal('kind: ResourceList\n');
  });

  it('10 MB of stderr and 5 MB of output in one answer within the limit, stderr cut in the middle', async () => {
    const { client } = await start(script('echo first >&2; head -c 10000000 /dev/zero >&2; echo last >&2; cat'));
    const item = '- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n';
    const large = Buffer.from(`kind: ResourceList\nitems:\n${item.repeat(5_000_000 / item.length)}`);
    const answer = await client.evaluate({ image, resourceList: large });
    expect(answer).to.include({ stderrBytes: 10_000_011, outputBytes: large.length });
    expect(Buffer.from(answer.output).equals(large)).to.equal(true);
    expect(Buffer.from(answer.stderr).toString()).to.match(/^first\n.*bytes.*last\n$/s);
    expect(answer.stderr.length + answer.output.length).to.be.below(6_291_456);
  });

  it('10 MB of stderr of a failing function: an error below 6 KiB, and the connection lives on', async () => {
    const { client } = await start(script(`${printResult}; yes è | head -c 10000000 >&2; exit 1`));
    for (let call = 0; call < 3; call += 1) {
      const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList }));
      expect(failure).to.include({ status: 'INTERNAL', reason: 'FUNCTION_FAILED' });
      const trailer = encodeURI(failure.message).length + (failure.detailsBytes * 4) / 3;
      expect(trailer).to.be.within(4096, 6144);
      expect(failure.message).to.contain('no name').and.to.contain('10000000 bytes');
    }
  });

  it('[WS10] more output than the limit: RESOURCE_EXHAUSTED, and the function is ended', async () => {
    const { client } = await start(script('cat /dev/zero'), '--max-request-body-size=1000000');
    const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList }, { deadlineMs: 8000 }));
    expect(failure).to.include({ status: 'RESOURCE_EXHAUSTED', reason: 'FUNCTION_LIMIT' });
  });

  it('[WS1] requests up to the limit and no larger ones', async () => {
    const { client } = await start(script('wc -c >&2; echo "kind: ResourceList"'), '--max-request-body-size=1000000');
    const answer = await client.evaluateFunction({ image, resourceList: Buffer.alloc(999_000, 'a') });
    expect(Buffer.from(answer.log).toString()).to.equal('999000\n');
    const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList: Buffer.alloc(1_000_001, 'a') }));
    expect(failure.status).to.equal('RESOURCE_EXHAUSTED');
  });

  it('a long output that only a parser understands, in a process of its own', async () => {
    const { client } = await start(['cat']);
    const data = Array.from({ length: 20_000 }, (_, index) => `{a: ${String(index)}}`).join(', ');
    const flow = Buffer.from(`{kind: ResourceList, items: [${data}], results: [{message: fine, severity: info}]}`);
    const answer = await client.evaluate({ image, resourceList: flow });
    expect(answer.results.map((result) => result.message)).to.deep.equal(['fine']);
    const broken = Buffer.from(`{kind: ResourceList, items: [${data}`);
    expect(await grpcFailureOf(client.evaluate({ image, resourceList: broken }))).to.include({
      reason: 'FUNCTION_OUTPUT',
    });
  });

  it('functions that use more resident memory than the limit: RESOURCE_EXHAUSTED', async () => {
    const { client } = await start(script('tail /dev/zero'), '--max-function-memory=50000000');
    const failure = await grpcFailureOf(client.evaluateFunction({ image, resourceList }, { deadlineMs: 8000 }));
    expect(failure).to.include({ status: 'RESOURCE_EXHAUSTED', reason: 'FUNCTION_LIMIT' });
    expect(failure.message).to.contain('50000000 bytes of memory');
  });
});
