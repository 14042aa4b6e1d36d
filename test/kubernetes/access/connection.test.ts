import { expect } from 'chai';
import type { TLSSocket } from 'node:tls';
import { createAuthority, type Authority } from '../../../examples/registry/certificates.ts';
import { noCounters } from '../../../src/core/counters.ts';
import { silentLog } from '../../../src/core/log.ts';
import { ApiClient } from '../../../src/kubernetes/api-client.ts';
import { loadClusterAccess } from '../../../src/kubernetes/cluster-access.ts';
import { pods } from '../../../src/kubernetes/resources.ts';
import { startConnectProxy } from '../../registry/transport/connect-proxy.ts';
import { apiErrorOf } from '../../support/api-behaviour/api-error-of.ts';
import { sendJson, startServer, type TestServer } from '../../support/http-server.ts';
import { AccessFolder, type KubeconfigParts } from './access-folder.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('The connection to an API server', () => {
  let folder: AccessFolder;
  let authority: Authority;
  let server: TestServer;
  let clients: ApiClient[];

  const open = async (parts: KubeconfigParts): Promise<ApiClient> => {
    const access = await loadClusterAccess({ kubeconfig: await folder.kubeconfig(parts), environment: {} });
    const client = new ApiClient({ access, log: silentLog, counters: noCounters });
    clients.push(client);
    return client;
  };
  const ask = async (client: ApiClient): Promise<unknown> =>
    client.get(pods('functions'), 'one', AbortSignal.timeout(5000));

  before(async () => {
    authority = await createAuthority();
    const { certificatePem, keyPem } = await authority.issue({ dnsNames: ['kubernetes'] });
    const tls = { certificatePem, keyPem, options: { requestCert: true, rejectUnauthorized: false } };
    server = await startServer((_, response) => sendJson(response, 404, { reason: 'NotFound', code: 404 }), { tls });
  });

  beforeEach(async () => {
    folder = await AccessFolder.make();
    clients = [];
  });

  afterEach(async () => {
    for (const client of clients) await client.close();
    await folder.remove();
  });

  after(async () => {
    await server.stop();
  });

  const trust = (): object => ({
    server: server.url,
    'certificate-authority-data': base64(authority.certificatePem),
    'tls-server-name': 'kubernetes',
  });

  it('trusts the CA of the kubeconfig under the name that it says', async () => {
    expect(await ask(await open({ cluster: trust() }))).to.equal(undefined);
  });

  it('is refused without that CA, and the error says why', async () => {
    const error = await apiErrorOf(ask(await open({ cluster: { ...trust(), 'certificate-authority-data': '' } })));
    expect(error).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 0 });
    expect(error.message).to.match(/certificate/i);
    expect(error.details.hint).to.include('the CA');
  });

  it('is refused under another name', async () => {
    const error = await apiErrorOf(ask(await open({ cluster: { ...trust(), 'tls-server-name': 'other' } })));
    expect(error).to.include({ code: 'CLUSTER_UNAVAILABLE' });
  });

  it('trusts anyone when the kubeconfig says so', async () => {
    expect(await ask(await open({ cluster: { server: server.url, 'insecure-skip-tls-verify': true } }))).to.equal(
      undefined,
    );
  });

  it('goes through the proxy of the kubeconfig', async () => {
    const proxy = await startConnectProxy({ hosts: { 'cluster.test:6443': { port: server.port } } });
    const cluster = {
      ...trust(),
      server: 'https://cluster.test:6443',
      'proxy-url': `http://127.0.0.1:${String(proxy.port)}`,
    };
    expect(await ask(await open({ cluster }))).to.equal(undefined);
    expect(proxy.tunnels).to.deep.equal(['cluster.test:6443']);
    await proxy.stop();
  });

  it('shows the client certificate, and a new one once its file has changed and the old one is refused', async () => {
    const seen: string[] = [];
    const { certificatePem, keyPem } = await authority.issue({ dnsNames: ['kubernetes'] });
    const tls = { certificatePem, keyPem, options: { requestCert: true, rejectUnauthorized: false } };
    const strict = await startServer(
      (_, response) => {
        const { socket } = response;
        seen.push(isTls(socket) ? String(socket.getPeerCertificate().subject.CN) : 'none');
        sendJson(response, seen.at(-1) === 'second' ? 404 : 401, { code: 404 });
      },
      { tls },
    );
    for (const name of ['first', 'second']) {
      const pair = await authority.issue({ commonName: name, dnsNames: [name] });
      await folder.file(`${name}.crt`, pair.certificatePem);
      await folder.file(`${name}.key`, pair.keyPem);
    }
    await copy(folder, 'first');
    const user = { 'client-certificate': 'current.crt', 'client-key': 'current.key' };
    const client = await open({ cluster: { ...trust(), server: strict.url }, user });
    await apiErrorOf(ask(client));
    await copy(folder, 'second');
    expect(await ask(client)).to.equal(undefined);
    expect(seen).to.deep.equal(['first', 'first', 'first', 'second']);
    await client.close();
    await strict.stop();
  });
});

function isTls(socket: unknown): socket is TLSSocket {
  return typeof socket === 'object' && socket !== null && 'getPeerCertificate' in socket;
}

async function copy(folder: AccessFolder, name: string): Promise<void> {
  for (const ending of ['crt', 'key']) {
    await folder.file(`current.${ending}`, await folder.read(`${name}.${ending}`));
  }
}
