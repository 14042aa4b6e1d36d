import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, createAuthority, type KeyPair } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { freePort } from '../support/free-port.ts';
import { type MountedSecret, mountSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { startTcpServer } from '../support/tcp-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { startTokenService, type TokenService } from '../support/token-service.ts';
import { type DoctorAnswer, doctor } from './doctor-command.ts';

const user = { name: 'joe', password: 'canary-of-a:password' };

describe('doctor, of registries', function () {
  requires('docker-registry', 'htpasswd');
  this.timeout(30_000);
  let ca: Authority;
  let tls: KeyPair;
  let guarded: DockerRegistry;
  let tokens: TokenService;
  let byToken: DockerRegistry;
  const mounts: MountedSecret[] = [];

  before(async () => {
    ca = await createAuthority({ name: 'Company CA' });
    tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    guarded = await startDockerRegistry({ tls, users: { [user.name]: user.password } });
    tokens = await startTokenService({
      tls,
      users: { [user.name]: user.password, reader: 'reads', guest: 'nothing' },
      rights: { reader: ['pull'], guest: [] },
    });
    byToken = await startDockerRegistry({ tls, token: tokens });
    const token = tokens.token([{ type: 'repository', name: 'team/fn', actions: ['pull', 'push'] }]);
    const image = await buildImage({ entrypoint: ['/fn'] });
    await pushImage(byToken.authority, 'team/fn', 'v1', image, { auth: { token }, ca: ca.certificatePem });
  });

  after(async () => {
    for (const mount of mounts) await mount.remove();
    await Promise.all([guarded.stop(), byToken.stop()]);
    await tokens.stop();
  });

  const look = async (
    auths: Readonly<Record<string, object>>,
    { caPem = ca.certificatePem, args = [] }: { readonly caPem?: string; readonly args?: readonly string[] } = {},
  ): Promise<DoctorAnswer & { readonly all: readonly string[] }> => {
    const auth = await mountSecret({ '.dockerconfigjson': JSON.stringify({ auths }) });
    const authorities = await mountSecret({ 'ca.crt': caPem });
    mounts.push(auth, authorities);
    const answer = await doctor([
      '--runtime=local',
      '--enable-private-registries',
      `--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`,
      '--enable-private-registries-tls',
      `--tls-secret-path=${authorities.path}`,
      ...args,
    ]);
    expect(answer.text).not.to.include('canary');
    return { ...answer, all: answer.lines, lines: answer.lines.filter((line) => line.includes(' registry: ')) };
  };
  const basic = (password = user.password, name = user.name): object => ({ username: name, password });

  it('says how one was reached and that it takes the login, but not what that may do where it does not tell', async () => {
    const { lines, exitCode } = await look({ [guarded.authority]: basic() });
    const what = 'reached by mounted-ca; login accepted; cannot tell whether it may pull or push without an IMAGE';
    expect(lines).to.deep.equal([`ok registry: ${guarded.authority}: ${what}`]);
    expect(exitCode).to.equal(0);
  });

  it('tells of a wrong password, and still of the next registry', async () => {
    const { lines, exitCode } = await look({ [guarded.authority]: basic('wrong'), [byToken.authority]: basic() });
    expect(lines[0]).to.match(
      new RegExp(
        `^problem registry: ${guarded.authority}: ${guarded.authority} refused the credentials for .*-> Renew the entry`,
      ),
    );
    expect(lines[1]).to.match(/^ok registry: .*; login accepted/);
    expect(exitCode).to.equal(1);
  });

  it('tells of a certificate by an authority that is not mounted', async () => {
    const other = await createAuthority({ name: 'Other CA' });
    const { lines, exitCode } = await look({ [guarded.authority]: basic() }, { caPem: other.certificatePem });
    expect(lines.join('\n')).to.match(
      /^problem registry: .* is not trusted: mounted-ca .*unknown authority.*; system-ca .*; plaintext .* skipped: .* -> Add the CA that signed/,
    );
    expect(exitCode).to.equal(1);
  });

  it('tells of a registry that is not there', async () => {
    const address = `127.0.0.1:${String(await freePort())}`;
    const { lines } = await look({ [address]: basic() });
    expect(lines.join('\n')).to.match(new RegExp(`^problem registry: ${address}: .*refused`));
  });

  it('warns of a login that could push, as the token of its registry says', async () => {
    const { lines, exitCode } = await look({ [`${byToken.authority}/team/fn`]: basic() });
    const what = 'reached by mounted-ca; login accepted; may pull and push team/fn';
    const fix = 'The runner only pulls: give it an account that cannot push.';
    expect(lines).to.deep.equal([`warning registry: ${byToken.authority}/team/fn: ${what} -> ${fix}`]);
    expect(exitCode).to.equal(0);
  });

  it('is content with a login that may only pull', async () => {
    const { lines } = await look({ [`${byToken.authority}/team/fn`]: basic('reads', 'reader') });
    expect(lines.join()).to.match(/^ok registry: .*; login accepted; may pull team\/fn$/);
  });

  it('warns of a login that the token service gives no right to the repository', async () => {
    const { lines } = await look({ [`${byToken.authority}/team/fn`]: basic('nothing', 'guest') });
    expect(lines.join()).to.match(/^warning registry: .*; its token allows nothing with team\/fn -> Give the account/);
  });

  it('asks an identity token and a wrong password of a token service the same way', async () => {
    const wrong = await look({ [byToken.authority]: basic('wrong') });
    expect(wrong.lines.join()).to.match(/^problem registry: .*the token service .* refused the credentials/);
    const unknown = await look({ [byToken.authority]: { identitytoken: 'canary-token' } });
    expect(unknown.lines.join()).to.match(/^problem registry: .*refused the credentials/);
  });

  it('asks no pattern, and not where there is nothing to log in with', async () => {
    const { lines } = await look({ '*.example.com': basic() });
    expect(lines).to.deep.equal([
      'skipped registry: *.example.com: a pattern of many registries; name an IMAGE to have one asked',
    ]);
  });

  it('warns of a host that no image name can have, and shows its login to nobody', async () => {
    const { lines } = await look({ myhost: basic() });
    expect(lines).to.deep.equal([
      'warning registry: myhost: no image name begins so: a host has a dot or a port -> Write the host as images name it.',
    ]);
  });

  it('shows no login to a registry that is not allowed', async () => {
    const before = (await guarded.accessLog()).length;
    const { lines } = await look({ [guarded.authority]: basic() }, { args: ['--allowed-registries=ghcr.io'] });
    expect(lines.join()).to.match(/^skipped registry: .*: not asked: .* is in none of the --allowed-registries$/);
    expect((await guarded.accessLog()).length).to.equal(before);
  });

  it('asks for nothing but /v2/ and tokens', async () => {
    const before = (await byToken.accessLog()).length;
    await look({ [`${byToken.authority}/team/fn`]: basic() });
    const asked = (await byToken.accessLog()).slice(before).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(asked)).to.deep.equal(new Set(['GET /v2/']));
  });

  it('says of an image what it is, with what it was found, and that its login could push', async () => {
    const image = `${byToken.authority}/team/fn:v1`;
    const { all, exitCode } = await look({ [byToken.authority]: basic() }, { args: [image] });
    const said = all
      .filter((line) => line.includes(' image: '))
      .map((line) => line.replaceAll(byToken.authority, 'REGISTRY'));
    const digest = /sha256:\w+/.exec(said.join())?.[0] ?? '';
    const name = 'image: REGISTRY/team/fn:v1:';
    expect(said).to.deep.equal([
      `ok ${name} means REGISTRY/team/fn:v1`,
      `ok ${name} credentials that match: REGISTRY`,
      `ok ${name} found: ${digest}, reached by mounted-ca, with the login of REGISTRY`,
      `ok ${name} platform linux/amd64 of linux/amd64`,
      `ok ${name} runs ["/fn"]`,
      `warning ${name} the login of REGISTRY could push to team/fn -> The runner only pulls: give it an account that cannot push.`,
    ]);
    expect(exitCode).to.equal(0);
    const reader = await look({ [byToken.authority]: basic('reads', 'reader') }, { args: [image] });
    expect(reader.all.at(-1)).to.match(/^ok image: .* cannot push to team\/fn$/);
  });

  it('says why a mirror of its registry was of no use', async () => {
    const folder = await tempFolder('certs.d');
    const origin = `127.0.0.1:${String(await freePort())}`;
    await mkdir(join(folder.path, 'registry.example.com'));
    const hosts = `server = "https://${origin}"\n[host."https://${guarded.authority}"]\ncapabilities = ["pull", "resolve"]\nca = "ca.crt"\n`;
    await writeFile(join(folder.path, 'registry.example.com', 'hosts.toml'), hosts);
    await writeFile(join(folder.path, 'registry.example.com', 'ca.crt'), ca.certificatePem);
    const args = ['registry.example.com/team/fn:v1', `--registry-hosts-dir=${folder.path}`];
    const { all } = await look({}, { args });
    await folder.remove();
    const said = all.at(-1)?.replaceAll(guarded.authority, 'MIRROR').replaceAll(origin, 'ORIGIN');
    expect(said).to.match(
      /^problem image: .*ORIGIN: connection refused .*; asked before: mounted-ca MIRROR: MIRROR wants a login/,
    );
    expect(said).to.include('looked for MIRROR/team/fn');
  });

  it('says of an image which of its credentials cannot be read, and what to do', async () => {
    const image = `${guarded.authority}/team/fn:v1`;
    const { all } = await look({ [guarded.authority]: { auth: 'bm9uc2Vuc2U=' } }, { args: [image] });
    const said = all.find((line) => line.startsWith('problem image: ') && line.includes('credentials that match'));
    expect(said?.replaceAll(guarded.authority, 'REGISTRY')).to.equal(
      'problem image: REGISTRY/team/fn:v1: credentials that match: REGISTRY; REGISTRY: auth is not base64 of user:password -> Correct what REGISTRY gives.',
    );
  });

  it('tells of an image that nobody has signed who may', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keys = await mountSecret({ 'team.pem': publicKey.export({ type: 'spki', format: 'pem' }).toString() });
    mounts.push(keys);
    const args = [`${byToken.authority}/team/fn:v1`, `--verify-images=${keys.file('team.pem')}`];
    const { all, exitCode } = await look({ [byToken.authority]: basic() }, { args });
    expect(all.at(-1)).to.match(
      /^problem image: .* has no cosign signature, and needs one by a key of .* -> Sign it: cosign sign/,
    );
    expect(exitCode).to.equal(1);
  });

  it('looks an image up where --run-registry says', async () => {
    const args = ['registry.example/team/fn:v1', `--run-registry=${byToken.authority}=registry.example`];
    const { all, exitCode } = await look({ [byToken.authority]: basic('reads', 'reader') }, { args });
    const means = `means registry.example/team/fn:v1; looked up as ${byToken.authority}/team/fn:v1 (--run-registry)`;
    expect(all).to.include(`ok image: registry.example/team/fn:v1: ${means}`);
    expect(exitCode).to.equal(0);
  });

  it('tells of an image without a login, in the words of its registry', async () => {
    const { all, exitCode } = await look({}, { args: [`${guarded.authority}/team/fn:v1`] });
    expect(all.at(-1)).to.match(/^problem image: .* wants a login for team\/fn, .* -> Add an entry for /);
    expect(exitCode).to.equal(1);
  });

  it('is done within seconds where a registry never answers', async () => {
    const silent = await startTcpServer(() => undefined);
    const startMs = Date.now();
    const { lines } = await look(
      { [silent.authority]: basic(), [guarded.authority]: basic() },
      { args: ['--resolve-timeout=2s'] },
    );
    expect(Date.now() - startMs).to.be.below(10_000);
    expect(lines[0]).to.match(/^problem registry: /);
    expect(lines[1]).to.match(/^ok registry: .*; login accepted/);
    await silent.stop();
  });
});
