import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage } from '../../examples/registry/image.ts';
import { buildLayer } from '../../examples/registry/layer.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { registryAuthOf } from '../../src/grpc/registry-auth.ts';
import type { PullEvent } from '../../src/local/store/pull-event.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { protoService } from '../../src/rpc/proto.ts';
import { canaries } from '../canary/canaries.ts';
import { leakingLines } from '../canary/leaks.ts';
import { systemPath, systemPrograms, toolFiles } from '../local/tool-files.ts';
import { requires } from '../support/requires.ts';
import { startService, type TestService } from '../support/service.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';
const users = { ada: canaries.password, bob: 'lace:1' };
const [ada, bob] = [`ada:${canaries.password}`, 'bob:lace:1'];

describe('The metadata x-registry-auth', () => {
  const callFrom = (peer: string, name = 'x-registry-auth', ...values: readonly string[]) => {
    const metadata = new Metadata();
    for (const value of values) metadata.add(name, name.endsWith('-bin') ? Buffer.from(value) : value);
    return { metadata, getPeer: () => peer };
  };
  const value = base64(ada);

  for (const [title, peer, rules, isTaken] of [
    ['over TLS', '10.0.0.7:4000', { isTlsServer: true, allowInsecure: false }, true],
    ['from this machine', '127.0.0.1:4000', { isTlsServer: false, allowInsecure: false }, true],
    ['from another machine in clear', '10.0.0.7:4000', { isTlsServer: false, allowInsecure: false }, false],
    ['from nobody knows where in clear', 'unknown', { isTlsServer: false, allowInsecure: false }, false],
    [
      'from another machine in clear where that is allowed',
      '10.0.0.7:4000',
      { isTlsServer: false, allowInsecure: true },
      true,
    ],
  ] as const) {
    it(`is ${isTaken ? 'taken' : 'refused'} ${title}`, () => {
      const read = (): unknown => registryAuthOf(callFrom(peer, 'x-registry-auth', value), rules)?.login.kind;
      if (isTaken) {
        expect(read()).to.equal('basic');
        return;
      }
      const error = thrownBy(read);
      expect(error.code).to.equal('PLAINTEXT_CREDENTIALS');
      expect(error.details.hint).to.include('--tls-cert-file').and.include('--allow-insecure-registry-auth');
      expect(leakingLines(JSON.stringify([error.message, error.details]), [canaries.password, value])).to.deep.equal(
        [],
      );
    });
  }

  it('need not be there, however the call came', () => {
    const rules = { isTlsServer: false, allowInsecure: false };
    expect(registryAuthOf(callFrom('10.0.0.7:4000'), rules)).to.equal(undefined);
  });

  it('is refused in its binary form, and twice', () => {
    const rules = { isTlsServer: true, allowInsecure: false };
    const binary = thrownBy(() => registryAuthOf(callFrom('1.1.1.1:1', 'x-registry-auth-bin', value), rules));
    expect([binary.code, binary.message]).to.deep.equal([
      'REQUEST_INVALID',
      'the metadata x-registry-auth-bin is not read',
    ]);
    const twice = thrownBy(() => registryAuthOf(callFrom('1.1.1.1:1', 'x-registry-auth', value, base64(bob)), rules));
    expect([twice.code, twice.message]).to.deep.equal([
      'REQUEST_INVALID',
      'the metadata x-registry-auth: is given more than once',
    ]);
  });
});

describe('calls with x-registry-auth, through the service and a guarded registry', function () {
  requires('user-namespaces');
  this.timeout(20_000);
  const cleanup = new AsyncDisposableStack();
  let registry: Registry;
  let folder: TempFolder;
  let service: TestService;
  let image: string;
  const pulls: PullEvent[] = [];

  before(async () => {
    registry = await startRegistry({ users });
    cleanup.defer(async () => registry.stop());
    folder = await tempFolder('registry-auth');
    cleanup.defer(async () => folder.remove());
    const layers = [await buildLayer(await toolFiles(await systemPrograms('cat')))];
    const auth = { username: 'bob', password: users.bob };
    await pushImage(registry.address, 'team/fn', 'v1', await buildImage({ layers, entrypoint: ['cat'] }), { auth });
    image = `${registry.address}/team/fn:v1`;
    await writeFile(join(folder.path, 'fn'), '#!/bin/sh\nexec cat\n');
    await chmod(join(folder.path, 'fn'), 0o755);
    await writeFile(
      join(folder.path, 'config.yaml'),
      `functions: [{function: fn, images: [${registry.address}/exec/fn:v1]}]\n`,
    );
    service = await startService({
      flags: [
        `--insecure-registries=${registry.address}`,
        `--run-registry=${registry.address}=run.example.com`,
        `--image-store=${join(folder.path, 'store')}`,
        `--functions=${folder.path}`,
        `--config=${join(folder.path, 'config.yaml')}`,
      ],
      overrides: { environment: { PATH: systemPath }, onPullProgress: (event) => pulls.push(event) },
    });
    cleanup.defer(async () => service.stop());
  });

  after(async () => {
    await cleanup.disposeAsync();
  });

  const methods = ['resolveImage', 'evaluate', 'evaluateFunction'] as const;
  /** `ok`, or status and reason. */
  const outcome = async (method: (typeof methods)[number], auth?: string, of = image): Promise<string> => {
    const client = new RunnerClient(service.address);
    const options = { deadlineMs: 10_000, registryAuth: auth === undefined ? undefined : new Secret(base64(auth)) };
    try {
      await client[method]({ image: of, resourceList: Buffer.from(list) }, options);
      return 'ok';
    } catch (error) {
      if (!(error instanceof GrpcFailure)) throw error;
      const shown = JSON.stringify([error.message, error.hint, error.attempts, error.badFields]);
      const given = auth === undefined ? [] : [base64(auth)];
      expect(leakingLines(shown, [canaries.password, users.bob, ...given])).to.deep.equal([]);
      return `${error.status} ${error.reason}`;
    } finally {
      client.close();
    }
  };
  const denied = 'PERMISSION_DENIED AUTH_REFUSED';

  for (const method of methods) {
    it(`open to ${method} what the login opens, and to nobody else`, async () => {
      expect(await outcome(method, ada)).to.equal('ok');
      expect(await outcome(method, `ada:${users.bob}`)).to.equal(denied);
      expect(await outcome(method)).to.equal('PERMISSION_DENIED AUTH_DENIED');
      expect(await outcome(method, ada)).to.equal('ok');
      expect(await outcome(method, bob)).to.equal('ok');
    });
  }

  it('share the unpacked image on this machine, once the registry has let them in', async () => {
    expect(pulls.filter(({ kind }) => kind === 'finished')).to.have.length(1);
    const before = registry.requests.length;
    expect(await outcome('evaluate')).to.equal('PERMISSION_DENIED AUTH_DENIED');
    expect(await outcome('evaluate', `bob:${canaries.password}`)).to.equal(denied);
    expect(registry.requests.slice(before).every(({ status }) => status === 401)).to.equal(true);
  });

  it('are refused when what they bring cannot be read', async () => {
    expect(await outcome('evaluate', canaries.password.replace(':', '-'))).to.equal('INVALID_ARGUMENT REQUEST_INVALID');
  });

  it('may say either address of a registry that nodes reach under another one, and no third', async () => {
    const said = async (serveraddress: string, of: string): Promise<string> =>
      outcome('resolveImage', JSON.stringify({ username: 'ada', password: canaries.password, serveraddress }), of);
    for (const host of [registry.address, 'run.example.com']) {
      for (const server of [registry.address, 'https://run.example.com/v2/']) {
        expect(await said(server, `${host}/team/fn:v1`), `${server} for ${host}`).to.equal('ok');
      }
      expect(await said('third.example.com', `${host}/team/fn:v1`)).to.equal('INVALID_ARGUMENT REQUEST_INVALID');
    }
  });

  it('are refused when they bring two logins', async () => {
    const metadata = new Metadata();
    metadata.add('x-registry-auth', base64(ada));
    metadata.add('x-registry-auth', base64(bob));
    const definition = protoService('functionrunner.v1.ImageResolver')['ResolveImage'];
    if (definition === undefined) throw new Error('no method ResolveImage');
    const client = new Client(service.address, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = definition;
    const details = await new Promise<string>((resolve) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { image }, metadata, (error) => {
        resolve(error === null ? 'ok' : error.details);
      });
    });
    client.close();
    expect(details).to.equal('the metadata x-registry-auth: is given more than once');
  });

  it('run executables as before', async () => {
    const of = `${registry.address}/exec/fn:v1`;
    const before = registry.requests.length;
    expect(await outcome('evaluate', ada, of)).to.equal('ok');
    expect(await outcome('evaluate', `ada:${users.bob}`, of)).to.equal('ok');
    expect(registry.requests.length).to.equal(before);
  });

  it('leave no trace of their logins in log and metrics', async () => {
    const shown = [await service.metrics(), ...service.logLines].join('\n');
    const all = [canaries.password, users.bob, base64(ada), base64(bob)];
    expect(leakingLines(shown, all)).to.deep.equal([]);
    expect(shown).to.include('x-registry-auth');
  });
});

function thrownBy(work: () => unknown): RunnerError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof RunnerError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
