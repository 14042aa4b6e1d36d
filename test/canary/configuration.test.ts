import { expect } from 'chai';
import { ManualClock } from '../resolver/manual-clock.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { startService, type TestService } from '../support/service.ts';
import { canaries, entries, secrets } from './canaries.ts';
import { type HostileServers, startHostileServers } from './hostile-servers.ts';
import { leaksIn, leakingLines } from './leaks.ts';
import { printed } from './printed.ts';
import { type Connecting, refusing, startProxy, tunnelTo } from './proxy-server.ts';

const file = '.dockerconfigjson';

describe('no secret is seen when a credentials file', () => {
  const good = JSON.stringify({ auths: { 'registry.example.com': entries.basic } });

  for (const { what, text } of [
    { what: 'is cut short', text: good.slice(0, -20) },
    { what: 'is followed by more', text: `${good}${canaries.password}` },
    { what: 'is no JSON', text: `password: ${canaries.password}` },
    { what: 'has a text for auths', text: JSON.stringify({ auths: canaries.password }) },
    { what: 'has a list of passwords', text: JSON.stringify([canaries.password, entries.basic.auth]) },
    { what: 'has a password where an entry should be', text: JSON.stringify({ auths: { a: canaries.password } }) },
  ]) {
    it(`[7.2.14] ${what}, at the start and after a rotation`, async () => {
      const secret = await mountSecret({ [file]: text });
      const flags = ['--enable-private-registries', `--registry-auth-secret-path=${secret.file(file)}`];
      const atStart = await printed(startAndStop(flags));
      await secret.swap({ [file]: good });
      const clock = new ManualClock();
      const service = await startService({ flags, overrides: { clock } });
      await secret.swap({ [file]: text });
      clock.advance(2_000);
      const shown = [atStart, await printed(service.resolve('registry.example.com/?')), ...(await stopped(service))];
      await secret.remove();
      expect(leakingLines(shown.join('\n'), secrets)).to.deep.equal([]);
    });
  }

  it('[7.2.14] has keys with user information, and entries that cannot be read', async () => {
    const key = `https://u:${canaries.userInfo}@127.0.0.1:1`;
    const auths = {
      [key]: entries.basic,
      '127.0.0.1:1/team/fn': entries.broken,
      '*:*': { auth: [canaries.password] },
    };
    const secret = await mountSecret({ [file]: JSON.stringify({ auths }) });
    const flags = ['--enable-private-registries', `--registry-auth-secret-path=${secret.file(file)}`];
    const service = await startService({ flags });
    const shown = [await printed(service.resolve('127.0.0.1:1/fn')), ...(await stopped(service))].join('\n');
    await secret.remove();
    expect(leakingLines(shown, secrets)).to.deep.equal([]);
  });
});

describe('no secret is seen when an image name', () => {
  for (const image of [
    `user:${canaries.userInfo}@registry.example.com/fn:v1`,
    `https://user:${canaries.userInfo}@registry.example.com/fn:v1`,
    `registry.example.com/fn:v1?sig=${canaries.signature}`,
    `https://registry.example.com/fn?X-Amz-Signature=${canaries.signature}&a=b`,
  ]) {
    const shownImage = image.replace(canaries.userInfo, '…').replace(canaries.signature, '…');
    it(`[7.2.14] holds one by mistake: ${shownImage}`, async () => {
      const service = await startService();
      const shown = [
        await printed(service.resolve(image)),
        await printed(service.evaluate(image, 'kind: ResourceList')),
        await printed(service.porchEvaluate(image, 'kind: ResourceList')),
        ...(await stopped(service)),
      ];
      expect(leakingLines(shown.join('\n'), secrets)).to.deep.equal([]);
    });
  }
});

describe('no secret is seen when a proxy', function () {
  this.timeout(20_000);
  let servers: HostileServers;

  before(async () => {
    servers = await startHostileServers();
  });

  after(async () => servers.stop());

  for (const { what, connecting } of [
    { what: 'lets us through', connecting: () => tunnelTo(Number(servers.registry.authority.split(':')[1])) },
    { what: 'refuses the password and gives it back', connecting: () => refusing('407') },
    { what: 'is broken and gives the password back', connecting: () => refusing('502') },
    { what: 'hangs up', connecting: (): Connecting => (_, client) => client.destroy() },
  ]) {
    it(`[7.2.14] ${what}`, async () => {
      const proxy = await startProxy((request, client) => {
        connecting()(request, client);
      });
      const shown = await shownThrough(`http://${user()}@127.0.0.1:${String(proxy.port)}`);
      await proxy.stop();
      expect(leaksIn(proxy.received.join(), secrets)).to.deep.equal([canaries.proxyPassword]);
      expect(leakingLines(shown, secrets)).to.deep.equal([]);
    });
  }

  for (const address of ['127.0.0.1:1', 'no-such-proxy.invalid:8080', '[::bad', '127.0.0.1:99999']) {
    it(`[7.2.14] cannot be reached at ${address}`, async () => {
      const shown = await shownThrough(`http://${user()}@${address}`);
      expect(leakingLines(shown, secrets)).to.deep.equal([]);
    });
  }

  async function shownThrough(proxy: string): Promise<string> {
    const tls = await mountSecret({ 'ca.crt': servers.caPem });
    const flags = ['--enable-private-registries-tls', `--tls-secret-path=${tls.path}`, '--image-platform=linux/amd64'];
    const environment = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
    const image = servers.image.replace('127.0.0.1', 'registry.canary.example');
    const shown = await printed(
      (async () => {
        const service = await startService({ flags, overrides: { environment, clock: new ManualClock() } });
        return [await printed(service.resolve(image)), ...(await stopped(service))];
      })(),
    );
    await tls.remove();
    return shown;
  }

  function user(): string {
    return `proxy-user:${canaries.proxyPassword}`;
  }
});

async function startAndStop(flags: readonly string[]): Promise<void> {
  const service = await startService({ flags });
  await service.stop();
}

/** The log and the metrics. */
async function stopped(service: TestService): Promise<readonly string[]> {
  const metrics = await service.metrics();
  await service.stop();
  return [metrics, ...service.logLines];
}
