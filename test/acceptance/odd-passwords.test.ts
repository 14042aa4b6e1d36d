import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage, type Image } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { answering as helperAnswer, helperPrograms } from '../credentials/helper-programs.ts';
import {
  answering as providerAnswer,
  providerConfig,
  providerPrograms,
} from '../credentials/provider/provider-programs.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { type MountedSecret, mountSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import { startTokenService, type TokenService } from '../support/token-service.ts';

interface Login {
  readonly what: string;
  readonly username: string;
  readonly password: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** As Google Cloud makes them: several lines, quotes, colons, and `\n` within a text. */
const jsonKey = `${JSON.stringify(
  {
    type: 'service_account',
    project_id: 'team-project',
    private_key: `-----BEGIN PRIVATE KEY-----\n${randomBytes(600).toString('base64')}\n-----END PRIVATE KEY-----\n`,
    client_email: 'robot@team-project.iam.gserviceaccount.com',
    token_uri: 'https://oauth2.googleapis.com/token',
  },
  undefined,
  2,
)}\n`;

const printable = Array.from({ length: 95 }, (_, index) => String.fromCodePoint(32 + index)).join('');

const logins: readonly Login[] = [
  { what: 'a JSON key file of Google Cloud', username: '_json_key', password: jsonKey },
  { what: 'the same in base64', username: '_json_key_base64', password: base64(jsonKey) },
  {
    what: 'an access token of Google Cloud',
    username: 'oauth2accesstoken',
    password: `ya29.a0_${randomBytes(700).toString('base64url')}`,
  },
  {
    what: 'a password of ECR',
    username: 'AWS',
    password: base64(JSON.stringify({ payload: randomBytes(900).toString('base64') })),
  },
  {
    what: 'a refresh token of ACR',
    username: '00000000-0000-0000-0000-000000000000',
    password: `eyJ${randomBytes(300).toString('base64url')}.${randomBytes(300).toString('base64url')}`,
  },
  { what: 'a robot of Harbor', username: 'robot$team+runner', password: 'Harbor12345' },
  { what: 'a robot of Quay', username: 'org+robot', password: 'ABC:DEF' },
  { what: 'every printable character', username: 'user', password: printable },
  {
    what: 'blanks at both ends, line breaks, a tab and more',
    username: 'ü@example.com',
    password: ' \ta\r\nb\nč€😀\n ',
  },
];

/** A way to give a login to the service. */
interface Way {
  readonly name: string;
  give(login: Login, host: string, parts: AsyncDisposableStack): Promise<Given>;
}

interface Given {
  readonly flags: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

function inFile(name: string, entryOf: (login: Login) => unknown): Way {
  return {
    name,
    give: async (login, host, parts) => ({ flags: await fileFlags({ auths: { [host]: entryOf(login) } }, parts) }),
  };
}

async function fileFlags(config: unknown, parts: AsyncDisposableStack): Promise<readonly string[]> {
  const secret = await mountSecret({ '.dockerconfigjson': JSON.stringify(config) });
  parts.defer(async () => secret.remove());
  return ['--enable-private-registries', `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`];
}

const auth = ({ username, password }: Login): string => base64(`${username}:${password}`);

const ways: readonly Way[] = [
  inFile('auth, as docker login writes it', (login) => ({ auth: auth(login) })),
  inFile('username and password', ({ username, password }) => ({ username, password })),
  inFile('all three, as kubectl create secret docker-registry writes them', (login) => ({
    username: login.username,
    password: login.password,
    auth: auth(login),
  })),
  {
    name: 'a credential helper',
    give: async ({ username, password }, host, parts) => {
      const programs = await helperPrograms({ one: helperAnswer(username, password) });
      parts.defer(async () => programs.remove());
      return {
        flags: await fileFlags({ credHelpers: { [host]: 'one' } }, parts),
        environment: { PATH: programs.path },
      };
    },
  },
  {
    name: 'an image credential provider',
    give: async ({ username, password }, host, parts) => {
      const programs = await providerPrograms({ one: providerAnswer({ auth: { [host]: [username, password] } }) });
      parts.defer(async () => programs.remove());
      const config = join(programs.folder, 'config.json');
      await writeFile(config, providerConfig({ name: 'one', matchImages: [host] }));
      return {
        flags: [
          `--image-credential-provider-config=${config}`,
          `--image-credential-provider-bin-dir=${programs.folder}`,
        ],
      };
    },
  },
];

describe('a login reaches the token service byte for byte', function () {
  requires('docker-registry');
  this.timeout(30_000);
  const identityToken = `identity.${randomBytes(40).toString('base64url')}`;
  const cleanup = new AsyncDisposableStack();
  let tokens: TokenService;
  let registry: DockerRegistry;
  let ca: MountedSecret;
  let image: Image;

  before(async () => {
    const authority = await createAuthority();
    const tls = await authority.issue({ ipAddresses: ['127.0.0.1'] });
    tokens = await startTokenService({
      tls,
      users: Object.fromEntries(logins.map(({ username, password }) => [username, password])),
      identityTokens: { [identityToken]: 'somebody' },
    });
    cleanup.defer(async () => tokens.stop());
    registry = await startDockerRegistry({ tls, token: tokens });
    cleanup.defer(async () => registry.stop());
    image = await buildImage({ entrypoint: ['/fn'] });
    const token = tokens.token([{ type: 'repository', name: 'team/fn', actions: ['pull', 'push'] }]);
    await pushImage(registry.authority, 'team/fn', 'v1', image, { auth: { token }, ca: authority.certificatePem });
    ca = await mountSecret({ 'ca.crt': authority.certificatePem });
    cleanup.defer(async () => ca.remove());
  });

  after(async () => {
    await cleanup.disposeAsync();
  });

  /** Nothing of it may be in logs and metrics: the service's own stop sees to that for what stands in files. */
  async function resolved(way: Way, login: Login): Promise<void> {
    await using parts = new AsyncDisposableStack();
    const { flags, environment } = await way.give(login, registry.authority, parts);
    const service = await startService({
      flags: ['--enable-private-registries-tls', `--tls-secret-path=${ca.path}`, ...flags],
      ...(environment && { overrides: { environment } }),
    });
    parts.defer(async () => service.stop());
    const { digest } = await service.resolve(`${registry.authority}/team/fn:v1`);
    expect(digest).to.equal(image.manifest.digest);
    const shown = [...service.logLines, await service.metrics()].join('\n');
    const longest = login.password.split(/[\r\n]+/).reduce((a, b) => (b.length > a.length ? b : a));
    expect(shown).to.not.include(JSON.stringify(longest).slice(1, -1));
    expect(shown).to.not.include(auth(login));
  }

  for (const way of ways) {
    for (const login of logins) {
      it(`from ${way.name}: ${login.what}`, async () => {
        await resolved(way, login);
        expect(tokens.requests.at(-1)?.headers.authorization).to.equal(`Basic ${auth(login)}`);
      });
    }
  }

  const tokenWays: readonly Way[] = [
    inFile('identitytoken of a file', ({ password }) => ({ auth: base64('<token>:'), identitytoken: password })),
    ...ways.slice(-2),
  ];
  for (const way of tokenWays) {
    it(`from ${way.name}: an identity token, as a refresh token`, async () => {
      await resolved(way, { what: 'identity token', username: '<token>', password: identityToken });
      const last = tokens.requests.at(-1);
      expect(last).to.include({ method: 'POST' });
      expect(new URLSearchParams(last?.body).get('refresh_token')).to.equal(identityToken);
    });
  }
});

/** htpasswd takes one line, and bcrypt counts 72 bytes: these fit. */
describe('docker-registry with htpasswd knows a login', function () {
  requires('docker-registry', 'htpasswd');
  this.timeout(30_000);
  const robot = { what: 'a robot of Harbor', username: 'robot$team+runner', password: 'Harbor12345' };
  const fitting = [
    robot,
    { what: 'the first printable characters', username: 'first', password: printable.slice(0, 60) },
    { what: 'the last printable characters', username: 'last', password: printable.slice(-60) },
    { what: 'a key in one line', username: '_json_key', password: '{"a": "b:c\\n", "d": "\'e\'"}' },
    { what: 'other scripts', username: 'user', password: 'č€😀 ü' },
  ];
  let registry: DockerRegistry;
  let image: Image;

  before(async () => {
    registry = await startDockerRegistry({
      users: Object.fromEntries(fitting.map(({ username, password }) => [username, password])),
    });
    image = await buildImage({ entrypoint: ['/fn'] });
    await pushImage(registry.authority, 'team/fn', 'v1', image, { auth: robot });
  });

  after(async () => registry.stop());

  for (const way of ways) {
    it(`from ${way.name}: ${fitting.map(({ what }) => what).join(', ')}`, async () => {
      for (const login of fitting) {
        await using parts = new AsyncDisposableStack();
        const { flags, environment } = await way.give(login, registry.authority, parts);
        const service = await startService({
          flags: [`--insecure-registries=${registry.authority}`, ...flags],
          ...(environment && { overrides: { environment } }),
        });
        parts.defer(async () => service.stop());
        const name = `${registry.authority}/team/fn:v1`;
        expect(await service.resolve(name), login.what).to.include({ digest: image.manifest.digest });
      }
    });
  }
});
