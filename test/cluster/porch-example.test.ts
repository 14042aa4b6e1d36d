import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { parseServiceFlags } from '../../src/config/options.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { type ChainRegistries, startChainRegistries } from './stage/chain-registries.ts';
import type { DeployedRunner } from './stage/deployed-runner.ts';
import {
  createAuthSecret,
  createTlsSecret,
  type ExampleChanges,
  exampleFile,
  patchDeployment,
  readDeployment,
  resolvedBy,
  startExample,
  triedSteps,
  withExample,
  without,
} from './stage/porch-example.ts';
import { echoName, setNamespaceName } from './stage/stage-images.ts';
import { resourceList } from './stage/stage-service.ts';
import {
  login,
  podNamespace,
  runnerNamespace,
  type Stage,
  stageNeeds,
  stageTimeoutMs,
  startStage,
} from './stage/stage.ts';

const secretsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;
const fileKey = '.dockerconfigjson';
const copy = 'functions/copy:v1';

describe("Porch's complete example for private registries, key by key", function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;
  let configJson: string;
  let caPem: string;
  let example: unknown;
  let deployment: unknown;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('porch');
    caPem = await readFile(stage.tls.file('ca.crt'), 'utf8');
    configJson = dockerConfigJson({
      'https://index.docker.io/v1/': 'hub-user:hub-password',
      'ghcr.io': 'github-user:github-token',
      [stage.registry.authority]: `${login.name}:${login.password}`,
    });
    example = parse(await readFile(exampleFile, 'utf8'));
  });

  after(async () => {
    await stage.stop();
    expect(stage.node.errors).to.deep.equal([]);
  });

  const withRunner = async (changes: ExampleChanges, use: (runner: DeployedRunner) => Promise<void>): Promise<void> =>
    withExample(stage, changes, use);
  const resolved = async (changes: ExampleChanges): Promise<string> =>
    resolvedBy(stage, changes, stage.image(echoName));

  describe('its secrets', () => {
    it('registry-auth-secret, type kubernetes.io/dockerconfigjson: is made by its command', async () => {
      const { exitCode, stderr } = await createAuthSecret(stage, configJson);
      expect(exitCode, stderr).to.equal(0);
    });

    for (const [key, image, user] of [
      ['https://index.docker.io/v1/', { domain: 'docker.io', path: 'library/busybox' }, 'hub-user'],
      ['ghcr.io', { domain: 'ghcr.io', path: 'team/function' }, 'github-user'],
    ] as const) {
      it(`key ${key} of auths: counts for ${image.domain}/${image.path}`, () => {
        const { candidates } = Keyring.lookupIn([Keyring.parse(Buffer.from(configJson), fileKey)], image);
        expect(candidates.map((found) => found.key)).to.deep.equal([key]);
        const [found] = candidates;
        expect(found?.kind === 'login' && found.login.kind === 'basic' ? found.login.username : '').to.equal(user);
      });
    }

    it('registry-tls-secret, type kubernetes.io/tls: is taken by no API server with ca.crt alone', async () => {
      const refused = await createTlsSecret(stage, 'kubernetes.io/tls', { 'ca.crt': caPem });
      expect(refused.status).to.equal(422);
      expect(JSON.stringify(refused.body)).to.include('data[tls.crt]: Required value').and.to.include('data[tls.key]');
    });

    it('registry-tls-secret: is taken, and does its work, with tls.crt and tls.key empty beside ca.crt', async () => {
      const created = await createTlsSecret(stage, 'kubernetes.io/tls', {
        'ca.crt': caPem,
        'tls.crt': '',
        'tls.key': '',
      });
      expect(created.status).to.equal(201);
    });
  });

  describe('its Deployment', () => {
    it('apiVersion, kind, metadata: patches function-runner of porch-system', async () => {
      const { exitCode, stderr } = await patchDeployment(stage);
      expect(exitCode, stderr).to.equal(0);
      deployment = await readDeployment(stage);
      expect(jsonAt(deployment, 'metadata', 'name')).to.equal(jsonAt(example, 'metadata', 'name'));
      expect(jsonAt(deployment, 'metadata', 'namespace')).to.equal(jsonAt(example, 'metadata', 'namespace'));
    });

    it('args: are flags of this service, and say what they should', () => {
      const args = jsonList(deployment, 'spec', 'template', 'spec', 'containers', 0, 'args').map(String);
      expect(args).to.deep.equal(jsonList(example, 'spec', 'template', 'spec', 'containers', 0, 'args'));
      const { options, faults } = parseServiceFlags(args);
      expect(faults).to.deep.equal([]);
      expect(options).to.include({
        enablePrivateRegistries: true,
        registryAuthSecretPath: '/var/tmp/auth-secret/.dockerconfigjson',
        registryAuthSecretName: 'registry-auth-secret',
        enablePrivateRegistriesTls: true,
        tlsSecretPath: '/var/tmp/tls-secret/',
      });
    });

    it('volumeMounts and volumes: mount both secrets read-only, each in a folder of its own', () => {
      const pod = jsonAt(deployment, 'spec', 'template', 'spec');
      const wanted = jsonAt(example, 'spec', 'template', 'spec');
      expect(jsonList(pod, 'containers', 0, 'volumeMounts')).to.deep.include.members([
        ...jsonList(wanted, 'containers', 0, 'volumeMounts'),
      ]);
      const secrets = jsonList(pod, 'volumes').map((volume) => jsonAt(volume, 'secret', 'secretName'));
      expect(secrets).to.include.members(['registry-auth-secret', 'registry-tls-secret']);
    });

    it('all of it: evaluates a private function, in a pod', async () => {
      await withRunner({}, async ({ client }) => {
        const request = { image: stage.image(setNamespaceName), resourceList: Buffer.from(resourceList) };
        const answer = await client.evaluateFunction(request, { deadlineMs: 30_000 });
        const output: unknown = parse(answer.resourceList.toString());
        expect(jsonAt(output, 'items', 0, 'metadata', 'namespace')).to.equal('prod');
      });
    });

    it('how it works, 1: the secret was replicated to porch-fn-system, type and bytes', async () => {
      const replica = await stage.cluster.admin.must('GET', `${secretsPath(podNamespace)}/registry-auth-secret`);
      expect(jsonAt(replica, 'type')).to.equal('kubernetes.io/dockerconfigjson');
      expect(Buffer.from(String(jsonAt(replica, 'data', fileKey)), 'base64').toString()).to.equal(configJson);
    });

    it('how it works, 2 and 3: it is an imagePullSecret of the pod, and the node pulled both images with it', async () => {
      const pods = await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`);
      expect(jsonAt(pods, 'items', 0, 'spec', 'imagePullSecrets')).to.deep.equal([{ name: 'registry-auth-secret' }]);
      expect(stage.node.pulls.map(({ secret, succeeded }) => `${secret} ${String(succeeded)}`)).to.deep.equal([
        'registry-auth-secret true',
        'registry-auth-secret true',
      ]);
    });
  });

  describe('its flags', () => {
    it('--enable-private-registries: without it no credentials are used', async () => {
      const args = without('--enable-private-registries');
      expect(await resolved({ args })).to.equal('AUTH_DENIED');
    });

    it('--registry-auth-secret-path: has the documented default', async () => {
      const args = without('--registry-auth-secret-path');
      expect(await resolved({ args })).to.equal(`mounted-ca ${stage.registry.authority}`);
    });

    it('--registry-auth-secret-path: is where the file is read', async () => {
      const path = '/run/registry/auth';
      const mountPaths = { 'docker-config': path };
      const flag = `--registry-auth-secret-path=${path}/${fileKey}`;
      const args = (given: readonly string[]): readonly string[] => [
        ...without('--registry-auth-secret-path')(given),
        flag,
      ];
      expect(await resolved({ mountPaths })).to.equal('AUTH_DENIED');
      expect(await resolved({ mountPaths, args })).to.match(/^mounted-ca /);
    });

    it('--registry-auth-secret-name: names the replica, auth-secret without it', async () => {
      await withRunner({ args: without('--registry-auth-secret-name') }, async ({ client }) => {
        const request = { image: stage.image(echoName), resourceList: Buffer.from(resourceList) };
        await client.evaluateFunction(request, { deadlineMs: 30_000 });
      });
      const secrets = jsonList(await stage.cluster.admin.must('GET', secretsPath(podNamespace)), 'items');
      const names = secrets.map((secret) => jsonAt(secret, 'metadata', 'name'));
      expect(names).to.have.members(['registry-auth-secret', 'auth-secret']);
    });

    it('--enable-private-registries-tls: without it the mounted authority does not count', async () => {
      const args = without('--enable-private-registries-tls');
      expect(await resolved({ args })).to.equal('TLS_UNTRUSTED');
    });

    it('--tls-secret-path: has the documented default', async () => {
      const args = without('--tls-secret-path');
      expect(await resolved({ args })).to.match(/^mounted-ca /);
    });

    it('--tls-secret-path: is where the authority is read, with a slash at its end or without', async () => {
      const mountPaths = { 'tls-registry-config': '/run/registry/tls' };
      const at =
        (path: string) =>
        (given: readonly string[]): readonly string[] => [
          ...without('--tls-secret-path')(given),
          `--tls-secret-path=${path}`,
        ];
      expect(await resolved({ mountPaths })).to.equal('TLS_UNTRUSTED');
      for (const path of ['/run/registry/tls/', '/run/registry/tls']) {
        expect(await resolved({ mountPaths, args: at(path) })).to.match(/^mounted-ca /);
      }
    });
  });

  describe('its mounts', () => {
    it('docker-config: without it registries are asked anonymously, and the error says what is missing', async () => {
      await withRunner({ withoutVolume: 'docker-config' }, async ({ client, logLines }) => {
        const failure = await grpcFailureOf(client.resolveImage({ image: stage.image(echoName) }));
        expect(failure.reason).to.equal('AUTH_DENIED');
        expect(failure.hint).to.include('--registry-auth-secret-path');
        expect(logLines.join('\n')).to.include('no credentials file');
      });
    });

    it('tls-registry-config: without it the next step of the chain is tried', async () => {
      await withRunner({ withoutVolume: 'tls-registry-config' }, async ({ client, logLines }) => {
        const failure = await grpcFailureOf(client.resolveImage({ image: stage.image(echoName) }));
        expect(failure.reason).to.equal('TLS_UNTRUSTED');
        expect(triedSteps(failure)).to.deep.equal(['system-ca']);
        expect(logLines.join('\n')).to.include('no mounted certificate authority');
      });
    });

    it('ca.pem: does instead of ca.crt', async () => {
      await stage.cluster.admin.must('DELETE', `${secretsPath(runnerNamespace)}/registry-tls-secret`);
      expect((await createTlsSecret(stage, 'Opaque', { 'ca.pem': caPem })).status).to.equal(201);
      expect(await resolved({})).to.match(/^mounted-ca /);
    });
  });

  describe('its order of connections', () => {
    let chain: ChainRegistries;
    let runner: DeployedRunner;

    before(async () => {
      chain = await startChainRegistries(copy);
      runner = await startExample(stage, { env: { SSL_CERT_FILE: chain.rootsFile } });
    });

    after(async () => {
      expect(await runner.stop()).to.equal(0);
      await chain.stop();
    });

    const connectionTo = async ({ authority }: DockerRegistry, name = copy): Promise<string> =>
      (await runner.client.resolveImage({ image: `${authority}/${name}` })).connection;

    it('1: the mounted certificate', async () => {
      expect(await connectionTo(stage.registry, echoName)).to.equal('mounted-ca');
    });

    it("2: the system's authorities", async () => {
      expect(await connectionTo(chain.known)).to.equal('system-ca');
    });

    it('3: without TLS, where none is spoken', async () => {
      expect(await connectionTo(chain.plain)).to.equal('plaintext');
    });

    it('4: an error, which tells every attempt; a bad certificate is not passed over in plaintext', async () => {
      const failure = await grpcFailureOf(connectionTo(chain.strange));
      expect(failure.reason).to.equal('TLS_UNTRUSTED');
      expect(triedSteps(failure)).to.deep.equal(['mounted-ca', 'system-ca']);
    });
  });

  describe('its rights', () => {
    it('are those of Porch: nothing was refused', async () => {
      const requests = await stage.cluster.requests(stage.user);
      expect(requests).not.to.deep.equal([]);
      expect(requests.filter(({ status }) => status === 403)).to.deep.equal([]);
    });
  });
});
