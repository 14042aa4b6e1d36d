import { expect } from 'chai';
import { buildImage } from '../../examples/registry/image.ts';
import { createConnectPod } from '../../src/pods/endpoint/connect-pod.ts';
import { waitUntil } from '../local/wait-until.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { writeImageFolder } from '../support/image-folder.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { type NodeOptions, startNode, type TestNode } from '../support/node/node.ts';
import { shellImage } from '../support/node/shell-image.ts';
import { wrapperImage } from '../support/node/wrapper-image.ts';
import { requires } from '../support/requires.ts';
import { skopeoPush } from '../support/skopeo.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { build, buildTimeoutMs } from '../wrapper/go-build.ts';
import { buildPorchServer } from './endpoint/porch-server.ts';

export const namespace = 'porch-fn-system';
const users = { reader: 'secret' };
const list = Buffer.from('kind: ResourceList\n');
const never = new AbortController().signal;
const tools = { name: 'tools', mountPath: '/wrapper-server-tools' };
const probe = { grpc: { port: 9446 }, periodSeconds: 1 };

/** An API server for the node, new for every test or the same for all. */
export interface NodePlatform {
  readonly access: NodeOptions['access'];
  /** Asks as an administrator, about a path below the namespace; undefined for 404. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  /** Leaves no pods and no secrets. */
  end(): Promise<void>;
}

/** What tests may take for granted of the node, at any API server that has the namespace `porch-fn-system`. */
export function nodeBehaviours(start: () => Promise<NodePlatform>): void {
  requires('docker-registry', 'skopeo', 'bubblewrap', 'htpasswd', 'go', 'network-namespaces');
  let registry: DockerRegistry;
  let platform: NodePlatform;
  let node: TestNode;

  before(async function () {
    this.timeout(buildTimeoutMs);
    const { echo } = await build();
    registry = await startDockerRegistry({ users });
    await push('wrapper:v1', await wrapperImage());
    const files = [{ kind: 'copy', path: 'echo', source: echo, mode: 0o755 }] as const;
    await push('echo:v1', await buildImage({ files, entrypoint: ['/echo'], user: '65532' }));
    await push('porch:v1', await wrapperImage(await buildPorchServer()));
    await push('slow:v1', await shellImage('grep -q slow && sleep 30; echo kind: ResourceList'));
  });

  after(async () => {
    await registry.stop();
  });

  beforeEach(async () => {
    platform = await start();
    const auths = { [registry.authority]: { auth: Buffer.from('reader:secret').toString('base64') } };
    await platform.ask('POST', 'secrets', {
      metadata: { name: 'pull' },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') },
    });
    node = await startNode({
      access: platform.access,
      namespace,
      registries: [{ authority: registry.authority }],
      backOffMs: 1000,
    });
  });

  afterEach(async () => {
    await node.stop();
    await platform.end();
    expect(node.errors).to.deep.equal([]);
  });

  async function push(name: string, image: Parameters<typeof writeImageFolder>[1]): Promise<void> {
    const folder = await tempFolder('push');
    await writeImageFolder(folder.path, image);
    const user = { name: 'reader', password: 'secret' };
    await skopeoPush(folder.path, name, { authority: registry.authority, user });
    await folder.remove();
  }

  async function create(
    image: string,
    spec: object = {},
    containerExtra: object = {},
    wrapperName = 'wrapper:v1',
  ): Promise<void> {
    const copy = ['cp', '-a', '/home/nonroot/wrapper-server/.', tools.mountPath];
    const wrapper = `${registry.authority}/${wrapperName}`;
    await platform.ask('POST', 'pods', {
      metadata: { name: 'fn' },
      spec: {
        imagePullSecrets: [{ name: 'pull' }],
        initContainers: [{ name: 'copy', image: wrapper, command: copy, volumeMounts: [tools] }],
        containers: [
          {
            name: 'function',
            image,
            command: ['/wrapper-server-tools/wrapper-server'],
            args: ['--port', '9446', '--', ...(image.includes('slow') ? slowEntrypoint : ['/echo'])],
            securityContext: { readOnlyRootFilesystem: true },
            readinessProbe: probe,
            volumeMounts: [tools],
            ...containerExtra,
          },
        ],
        volumes: [{ name: 'tools', emptyDir: {} }],
        ...spec,
      },
    });
  }

  const slowEntrypoint = ['/bin/sh', '-c', 'grep -q slow && sleep 30; echo kind: ResourceList'];
  const status = async (...path: readonly (string | number)[]): Promise<unknown> =>
    jsonAt(await platform.ask('GET', 'pods/fn'), 'status', ...path);
  const container = async (...path: readonly (string | number)[]): Promise<unknown> =>
    status('containerStatuses', 0, ...path);

  async function isReady(): Promise<boolean> {
    const conditions = jsonList(await status(), 'conditions');
    return conditions.some((each) => jsonAt(each, 'type') === 'Ready' && jsonAt(each, 'status') === 'True');
  }

  async function waitForReason(reason: string): Promise<string> {
    await waitUntil(async () => (await container('state', 'waiting', 'reason')) === reason, 10_000);
    return String(await container('state', 'waiting', 'message'));
  }

  it('runs a pod with the pull secret of its own, and it answers calls', async () => {
    await create(`${registry.authority}/echo:v1`);
    await waitUntil(isReady, 10_000);
    expect(await status('phase')).to.equal('Running');
    const address = node.address('fn');
    expect(await status('podIP')).to.equal(address);
    const endpoint = createConnectPod({ maxMessageBytes: 1e6, evaluationTimeoutMs: 5000 })(`${address}:9446`);
    await endpoint.ready(never);
    const answer = await endpoint.evaluate({ image: 'fn', resourceList: list }, never);
    endpoint.close();
    expect(Buffer.from(answer.output).toString()).to.equal(list.toString());
    expect(node.pulls.map(({ secret, succeeded }) => [secret, succeeded])).to.deep.equal([
      ['pull', true],
      ['pull', true],
    ]);
  });

  it("runs Porch's in-pod server, which fails with 1 MB of stderr and harms no other call", async () => {
    const shell =
      'if grep -q slow; then sleep 1; echo kind: ResourceList; else yes bad | head -c 1000000 >&2; echo kind: ResourceList; exit 1; fi';
    const args = ['--port', '9446', '--', '/bin/sh', '-c', shell];
    await create(`${registry.authority}/slow:v1`, {}, { args }, 'porch:v1');
    await waitUntil(isReady, 10_000);
    const connect = createConnectPod({ maxMessageBytes: 1e6, evaluationTimeoutMs: 5000 });
    const endpoint = connect(`${node.address('fn')}:9446`);
    const call = async (input: string): Promise<number> =>
      (await endpoint.evaluate({ image: 'fn', resourceList: Buffer.from(input) }, never)).exitCode;
    const exitCodes = await Promise.all([call('slow'), call('fail'), call('slow'), call('fail')]);
    expect(exitCodes).to.deep.equal([0, 1, 0, 1]);
    endpoint.close();
  });

  it('runs exec probes inside the container', async () => {
    const exec = { command: ['/wrapper-server-tools/grpc-health-probe', '-addr', 'localhost:9446'] };
    await create(`${registry.authority}/echo:v1`, {}, { readinessProbe: { exec, periodSeconds: 1 } });
    await waitUntil(isReady, 10_000);
  });

  it('ends a deleted pod in its grace period and then tells that it is gone', async () => {
    await create(`${registry.authority}/echo:v1`);
    await waitUntil(isReady, 10_000);
    await platform.ask('DELETE', 'pods/fn', { gracePeriodSeconds: 10 });
    await waitUntil(async () => (await platform.ask('GET', 'pods/fn')) === undefined, 5000);
    expect(node.pods()).to.deep.equal([]);
  });

  it('cannot pull without a secret, and says so as containerd does', async () => {
    await create(`${registry.authority}/echo:v1`, { imagePullSecrets: [], initContainers: [] });
    const message = await waitForReason('ImagePullBackOff');
    expect(message).to.match(/^Back-off pulling image .*ErrImagePull: rpc error: .*authorization failed/);
  });

  it('says that an image is not there', async () => {
    await create(`${registry.authority}/none:v1`, { initContainers: [] });
    expect(await waitForReason('ErrImagePull')).to.contain('none:v1: not found');
  });

  for (const [title, image, policy, reason] of [
    ['a name that is none', 'Not/Valid', 'IfNotPresent', 'InvalidImageName'],
    ['an image that may not be pulled', 'example.com/a:v1', 'Never', 'ErrImageNeverPull'],
  ] as const) {
    it(`waits for ever for ${title}`, async () => {
      await create(image, { initContainers: [] }, { imagePullPolicy: policy });
      await waitForReason(reason);
    });
  }

  for (const [behaviour, reason, message] of [
    [{ kind: 'pull-fails', message: 'x509: on demand' }, 'ImagePullBackOff', /x509: on demand/],
    [{ kind: 'waits', reason: 'CreateContainerError', message: 'on demand' }, 'CreateContainerError', /on demand/],
    [{ kind: 'crashes', exitCode: 3 }, 'CrashLoopBackOff', /back-off 1s restarting failed container=function/],
  ] as const) {
    it(`fails as it is told: ${behaviour.kind}`, async () => {
      const stop = node.behave('fn', behaviour);
      await create(`${registry.authority}/echo:v1`);
      expect(await waitForReason(reason)).to.match(message);
      if (behaviour.kind === 'crashes') expect(await container('lastState', 'terminated', 'exitCode')).to.equal(3);
      stop();
      await waitUntil(isReady, 10_000);
    });
  }

  it('schedules no pod that it is told not to, nor one for another architecture', async () => {
    const stop = node.behave('fn', { kind: 'unschedulable', message: '0/3 nodes are available.' });
    await create(`${registry.authority}/echo:v1`);
    await waitUntil(async () => (await status('conditions', 0, 'message')) === '0/3 nodes are available.');
    expect(await status('conditions', 0, 'reason')).to.equal('Unschedulable');
    stop();
    await waitUntil(isReady, 10_000);
  });

  it('tells of a program that is not there', async () => {
    await create(`${registry.authority}/echo:v1`, {}, { command: ['/none'] });
    await waitForReason('CrashLoopBackOff');
    expect(await container('lastState', 'terminated', 'reason')).to.equal('StartError');
  });

  it('kills a function in the middle of a call', async () => {
    await create(`${registry.authority}/slow:v1`);
    await waitUntil(isReady, 10_000);
    const endpoint = createConnectPod({ maxMessageBytes: 1e6, evaluationTimeoutMs: 60_000 })(
      `${node.address('fn')}:9446`,
    );
    const call = endpoint.evaluate({ image: 'fn', resourceList: Buffer.from('slow') }, never).then(
      () => 'answered',
      (error: unknown) => String(jsonAt(error, 'code')),
    );
    await waitUntil(async () => node.log('fn').includes('serving'));
    await node.kill('fn');
    expect(await call).to.equal('POD_LOST');
    endpoint.close();
    await waitUntil(async () => (await container('lastState', 'terminated', 'reason')) === 'OOMKilled');
    expect(await container('lastState', 'terminated', 'exitCode')).to.equal(137);
    await waitUntil(isReady, 10_000);
  });

  it('drops packets in silence, and the endpoint notices', async () => {
    await create(`${registry.authority}/slow:v1`);
    await waitUntil(isReady, 10_000);
    const connect = createConnectPod({ maxMessageBytes: 1e6, evaluationTimeoutMs: 60_000, livenessMs: 200 });
    const endpoint = connect(`${node.address('fn')}:9446`);
    const call = endpoint.evaluate({ image: 'fn', resourceList: Buffer.from('slow') }, never).then(
      () => 'answered',
      (error: unknown) => String(jsonAt(error, 'code')),
    );
    await waitUntil(async () => node.log('fn').includes('serving'));
    await node.cut('fn');
    expect(await call).to.equal('POD_LOST');
    endpoint.close();
  });

  it('evicts a pod and leaves it there', async () => {
    await create(`${registry.authority}/echo:v1`);
    await waitUntil(isReady, 10_000);
    await node.evict('fn');
    expect(await status()).to.deep.include({ phase: 'Failed', reason: 'Evicted' });
  });

  it('is lost without a word', async () => {
    await create(`${registry.authority}/echo:v1`);
    await waitUntil(isReady, 10_000);
    await node.lose();
    await platform.ask('DELETE', 'pods/fn', { gracePeriodSeconds: 1 });
    expect(await isReady()).to.equal(true);
  });
}
