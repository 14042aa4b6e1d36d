import { expect } from 'chai';

import { parseServiceFlags } from '../../src/config/options.ts';
import { answering, helperPrograms } from '../credentials/helper-programs.ts';
import { failureOfCall } from '../registry/protocol/use-service.ts';
import { functionRunner } from '../support/command-line.ts';
import { startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { startService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

const emptyList = JSON.stringify({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [] });
const patterns = 'ghcr.io/team,*.example.com';

/** What must not be touched for an image that is not allowed: the registry, the helper, the resolver of names. */
interface Surroundings extends AsyncDisposable {
  readonly registry: TestServer;
  readonly flags: readonly string[];
  readonly path: string;
  helperRuns(): Promise<string>;
}

async function surroundings(): Promise<Surroundings> {
  const stack = new AsyncDisposableStack();
  const registry = await startServer((_request, response) => {
    response.writeHead(404).end();
  });
  stack.defer(async () => registry.stop());
  const programs = await helperPrograms({ vault: answering('joe', 'helper-password') });
  stack.defer(async () => programs.remove());
  const secret = await mountSecret({ '.dockerconfigjson': JSON.stringify({ credsStore: 'vault' }) });
  stack.defer(async () => secret.remove());
  return {
    registry,
    flags: [
      '--enable-private-registries',
      `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`,
      `--insecure-registries=${registry.authority}`,
      `--allowed-registries=${patterns}`,
    ],
    path: programs.path,
    helperRuns: async () => programs.log('vault'),
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

describe('--allowed-registries', () => {
  const calls: Readonly<Record<string, (service: TestService, image: string) => Promise<unknown>>> = {
    ResolveImage: async (service, image) => service.resolve(image),
    'ResolveImage with refresh': async (service, image) => service.resolve(image, { refresh: true }),
    Evaluate: async (service, image) => service.evaluate(image, emptyList),
    EvaluateFunction: async (service, image) => service.porchEvaluate(image, emptyList),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`has an image of elsewhere refused to ${name} before anybody is asked`, async () => {
      await using around = await surroundings();
      const lookups: string[] = [];
      const service = await startService({
        flags: around.flags,
        overrides: {
          environment: { PATH: around.path },
          lookup: async (hostname) => {
            lookups.push(hostname);
            return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
          },
        },
      });
      try {
        for (const [host, image] of [
          [around.registry.authority, `${around.registry.authority}/team/fn:v1`],
          ['other.example', 'other.example/team/fn:v1'],
          ['ghcr.io', 'ghcr.io/teammate/fn'],
          ['docker.io', 'nginx/nginx'],
        ] as const) {
          const failure = await failureOfCall(call(service, image));
          expect([failure.status, failure.reason]).to.deep.equal(['PERMISSION_DENIED', 'REGISTRY_NOT_ALLOWED']);
          expect(failure.message).to.include(host).and.include('--allowed-registries');
          expect(failure.hint).to.include(host);
        }
        expect(lookups).to.deep.equal([]);
        expect(around.registry.requests).to.deep.equal([]);
        expect(await around.helperRuns()).to.equal('');
      } finally {
        await service.stop();
      }
    });
  }

  it('lets images of the registries that it names through', async () => {
    await using around = await surroundings();
    const lookups: string[] = [];
    const service = await startService({
      flags: around.flags,
      overrides: {
        environment: { PATH: around.path },
        lookup: async (hostname) => {
          lookups.push(hostname);
          return Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
        },
      },
    });
    try {
      for (const image of ['ghcr.io/team/fn', 'registry.example.com/any/fn:v1'])
        expect((await failureOfCall(service.resolve(image))).reason).to.equal('UNREACHABLE');
      expect(lookups).to.deep.equal(['ghcr.io', 'registry.example.com']);
    } finally {
      await service.stop();
    }
  });

  for (const command of ['resolve', 'tags', 'evaluate']) {
    it(`holds for the command ${command}`, async () => {
      await using around = await surroundings();
      const image = `${around.registry.authority}/team/fn:v1`;
      const args = command === 'evaluate' ? ['evaluate', image, '--runtime=local'] : [command, image];
      const result = await functionRunner([...args, ...around.flags], { env: { PATH: around.path }, input: emptyList });
      expect(result.exitCode).to.equal(1);
      expect(result.stderr).to.include('--allowed-registries').and.include(around.registry.authority);
      expect(around.registry.requests).to.deep.equal([]);
      expect(await around.helperRuns()).to.equal('');
    });
  }

  it('says at the start which of its patterns are wrong', async () => {
    const { options } = parseServiceFlags([]);
    expect(options.allowedRegistries).to.deep.equal([]);
    const result = await functionRunner(['serve', '--allowed-registries=https://ghcr.io,quay.io,team/fn']);
    expect(result.exitCode).to.equal(2);
    expect(result.stderr)
      .to.match(/--allowed-registries: "https:\/\/ghcr\.io" has a scheme/)
      .and.match(/"team\/fn" names no registry/)
      .and.not.include('"quay.io"');
  });
});
