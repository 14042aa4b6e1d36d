import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import type { Image } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import type { MountedSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';
import { startTokenService } from '../support/token-service.ts';
import type { TokenService } from '../support/token-service.ts';

const user = { name: 'joe', password: 'a:b' };
const identityToken = 'identity-token-of-joe';

describe('docker-registry with token authentication, over a private CA', function () {
  requires('docker-registry');
  this.timeout(30_000);
  let tokens: TokenService;
  let registry: DockerRegistry;
  let ca: MountedSecret;
  let image: Image;

  before(async () => {
    const authority = await createAuthority();
    const certificate = await authority.issue({ ipAddresses: ['127.0.0.1'] });
    tokens = await startTokenService({
      tls: certificate,
      users: { [user.name]: user.password },
      identityTokens: { [identityToken]: user.name },
      publicRepositories: ['open/fn'],
    });
    registry = await startDockerRegistry({ tls: certificate, token: tokens });
    image = await buildImage({ entrypoint: ['/fn'] });
    for (const repository of ['team/fn', 'open/fn']) {
      const token = tokens.token([{ type: 'repository', name: repository, actions: ['pull', 'push'] }]);
      await pushImage(registry.authority, repository, 'v1', image, { auth: { token }, ca: authority.certificatePem });
    }
    ca = await mountSecret({ 'ca.crt': authority.certificatePem });
  });

  after(async () => {
    await registry.stop();
    await tokens.stop();
    await ca.remove();
  });

  it('is answered with a token that a user name and password bought', async () => {
    const login = dockerConfigJson({ [registry.authority]: `${user.name}:${user.password}` });
    const answer = await resolveWith(login, 'team/fn:v1');
    expect(answer).to.include({
      digest: image.manifest.digest,
      credential: registry.authority,
      connection: 'mounted-ca',
    });
    expect(tokens.requests.at(-1)).to.include({ method: 'GET' });
  });

  it('is answered with a token that an identity token bought', async () => {
    const login = JSON.stringify({ auths: { [registry.authority]: { identitytoken: identityToken } } });
    const answer = await resolveWith(login, 'team/fn:v1');
    expect(answer).to.include({ digest: image.manifest.digest, credential: registry.authority });
    expect(tokens.requests.at(-1)).to.include({ method: 'POST' });
  });

  it('is answered with an anonymous token where the repository is open', async () => {
    const answer = await resolveWith('{"auths":{}}', 'open/fn:v1');
    expect(answer).to.include({ digest: image.manifest.digest, credential: 'anonymous' });
    expect(tokens.requests.at(-1)?.headers).not.to.have.property('authorization');
  });

  it('refuses a wrong password, naming the key', async () => {
    const login = dockerConfigJson({ [registry.authority]: `${user.name}:wrong:one` });
    const failure = await resolveWith(login, 'team/fn:v1').catch((error: unknown) => error);
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_REFUSED' });
    expect(String(failure)).to.include(registry.authority).and.not.include('wrong:one');
  });

  it('asks for one token for many images of one repository', async () => {
    const login = await mountSecret({
      '.dockerconfigjson': dockerConfigJson({ [registry.authority]: `${user.name}:${user.password}` }),
    });
    const service = await start(login);
    const before = tokens.requests.length;
    await service.resolve(`${registry.authority}/team/fn:v1`);
    await service.resolve(`${registry.authority}/team/fn:v1`, { refresh: true });
    await service.resolve(`${registry.authority}/team/fn@${image.manifest.digest}`, { refresh: true });
    await service.stop();
    await login.remove();
    expect(tokens.requests.length - before).to.equal(1);
  });

  async function resolveWith(config: string, name: string): ReturnType<TestService['resolve']> {
    const login = await mountSecret({ '.dockerconfigjson': config });
    const service = await start(login);
    try {
      return await service.resolve(`${registry.authority}/${name}`);
    } finally {
      await service.stop();
      await login.remove();
    }
  }

  async function start(login: MountedSecret): Promise<TestService> {
    return startService({
      flags: [
        '--enable-private-registries',
        `--registry-auth-secret-path=${login.file('.dockerconfigjson')}`,
        '--enable-private-registries-tls',
        `--tls-secret-path=${ca.path}`,
      ],
    });
  }
});
