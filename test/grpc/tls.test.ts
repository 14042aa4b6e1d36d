import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { createAuthority, type Authority, type KeyPair } from '../../examples/registry/certificates.ts';
import type { ClientTls } from '../../src/rpc/client-tls.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { servicePair, TlsStage, trusting } from './tls-stage.ts';

const resourceList = Buffer.from('kind: ResourceList\n');

/** The handshake's end: what was agreed on, or the error. */
async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ALPNProtocols: ['h2'], ...options });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

describe('gRPC over TLS', function () {
  this.timeout(20_000);
  let stage: TlsStage;

  before(async () => {
    stage = await TlsStage.start({ mutual: false });
  });

  after(async () => stage.stop());

  it('answers a client that trusts its authority, by address and by each name of the certificate', async () => {
    const trusted = trusting([stage.authority]);
    const port = String(stage.port);
    expect(await stage.client(trusted).checkHealth()).to.equal('SERVING');
    expect(await stage.client(trusted, `localhost:${port}`).checkHealth()).to.equal('SERVING');
    const serverName = 'function-runner.porch-system.svc';
    expect(await stage.client({ ...trusted, serverName }).checkHealth()).to.equal('SERVING');
    const { resourceList: answer } = await stage.client(trusted).evaluateFunction({ image: 'a', resourceList });
    expect(answer).to.deep.equal(resourceList);
  });

  const refused: readonly (readonly [string, (authority: Authority) => ClientTls, RegExp])[] = [
    ['an authority that it does not have', () => trusting([]), /unable to verify|unable to get/],
    ['another name', (it) => trusting([it], undefined, { serverName: 'else.example' }), /ALTNAME_INVALID/],
  ];
  for (const [what, tls, error] of refused) {
    it(`is refused by a client that expects ${what}`, async () => {
      const failure = await grpcFailureOf(stage.client(tls(stage.authority)).checkHealth());
      expect(failure.status).to.equal('UNAVAILABLE');
      expect(failure.message).to.match(error);
    });
  }

  it('takes no call in plaintext, and goes on', async () => {
    const failure = await grpcFailureOf(stage.client(undefined).checkHealth('', { deadlineMs: 2000 }));
    expect(failure.status).to.equal('UNAVAILABLE');
    const socket = connectTcp(stage.port, '127.0.0.1').on('error', () => undefined);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    await once(socket.resume(), 'close');
    expect(await stage.client(trusting([stage.authority])).checkHealth()).to.equal('SERVING');
  });

  it('speaks TLS 1.2 and 1.3, and HTTP/2 alone', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { ca: stage.authority.certificatePem, minVersion: version, maxVersion: version };
      const socket = await handshake(stage.port, options);
      expect([socket.getProtocol(), socket.alpnProtocol]).to.deep.equal([version, 'h2']);
      socket.destroy();
    }
  });

  it('refuses TLS 1.1', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const failed = handshake(stage.port, { ca: stage.authority.certificatePem, ...old }).then(
      () => 'agreed',
      (error: unknown) => String(error),
    );
    expect(await failed).to.match(/protocol version/);
  });
});

describe('mutual TLS', function () {
  this.timeout(20_000);
  let stage: TlsStage;
  let own: KeyPair;

  before(async () => {
    stage = await TlsStage.start({ mutual: true });
    own = await stage.authority.issue({ commonName: 'porch-server', client: true });
  });

  after(async () => stage.stop());

  it('answers a client with a certificate by the authority', async () => {
    expect(await stage.client(trusting([stage.authority], own)).checkHealth()).to.equal('SERVING');
  });

  const clients: readonly (readonly [string, () => Promise<KeyPair | undefined>])[] = [
    ['none', async () => Promise.resolve(undefined)],
    [
      'one by another authority',
      async () => (await createAuthority({ name: 'Other CA' })).issue({ commonName: 'porch-server', client: true }),
    ],
    [
      'one by an authority of the same name',
      async () => {
        const twin = await createAuthority();
        return twin.issue({ commonName: 'porch-server', client: true });
      },
    ],
    ['one that signed itself', async () => createAuthority({ name: 'porch-server' })],
    [
      'one that has ended',
      async () =>
        stage.authority.issue({ commonName: 'porch-server', client: true, notAfter: new Date(Date.now() - 60_000) }),
    ],
    ["a server's", async () => servicePair(stage.authority)],
  ];
  for (const [what, certificate] of clients) {
    it(`refuses a client whose certificate is ${what}`, async () => {
      const client = stage.client(trusting([stage.authority], await certificate()));
      const failure = await grpcFailureOf(client.evaluateFunction({ image: 'a', resourceList }, { deadlineMs: 3000 }));
      expect(failure.status).to.equal('UNAVAILABLE');
    });
  }
});
