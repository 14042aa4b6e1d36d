import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, connect } from 'node:tls';
import { expect } from 'chai';
import { type Authority, createAuthority, type KeyPair } from '../../examples/registry/certificates.ts';

const dayMs = 86_400_000;

/** What a client that trusts `ca` says of a server with these keys: `ok`, or the code of the error. */
async function handshake(keys: KeyPair, ca: string, servername: string): Promise<string> {
  const server = createServer({ cert: keys.certificatePem, key: keys.keyPem });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  const socket = connect({ host: '127.0.0.1', port: address.port, ca, ...serverName(servername) });
  const outcome = await new Promise<string>((resolve) => {
    socket.once('secureConnect', () => {
      resolve('ok');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
  });
  socket.destroy();
  server.close();
  return outcome;
}

/** An address is no server name (RFC 6066 section 3); then the address that was dialled is checked. */
function serverName(name: string): { servername?: string } {
  return /^[\d.]+$/.test(name) ? {} : { servername: name };
}

const past = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) };
const future = { notBefore: new Date(Date.now() + dayMs), notAfter: new Date(Date.now() + 2 * dayMs) };

const cases: readonly {
  readonly title: string;
  readonly request: Parameters<Authority['issue']>[0];
  readonly name: string;
  readonly outcome: string;
}[] = [
  { title: 'a DNS name', request: { dnsNames: ['registry.example'] }, name: 'registry.example', outcome: 'ok' },
  { title: 'an address', request: { ipAddresses: ['127.0.0.1'] }, name: '127.0.0.1', outcome: 'ok' },
  {
    title: 'another DNS name',
    request: { dnsNames: ['other.example'] },
    name: 'registry.example',
    outcome: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    title: 'a past validity',
    request: { dnsNames: ['a.example'], ...past },
    name: 'a.example',
    outcome: 'CERT_HAS_EXPIRED',
  },
  {
    title: 'a future validity',
    request: { dnsNames: ['a.example'], ...future },
    name: 'a.example',
    outcome: 'CERT_NOT_YET_VALID',
  },
];

describe('certificates for examples and tests', () => {
  let authority: Authority;
  before(async () => {
    authority = await createAuthority();
  });

  for (const { title, request, name, outcome } of cases) {
    it(`with ${title} give ${outcome}`, async () => {
      expect(await handshake(await authority.issue(request), authority.certificatePem, name)).to.equal(outcome);
    });
  }

  it('carry no alternative name when none is asked for', async () => {
    const { certificatePem } = await authority.issue({ commonName: 'old.example' });
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subjectAltName).to.equal(undefined);
    expect(certificate.subject).to.equal('CN=old.example');
  });

  it('of another authority of the same name are not trusted', async () => {
    const other = await createAuthority();
    const keys = await other.issue({ dnsNames: ['a.example'] });
    expect(await handshake(keys, authority.certificatePem, 'a.example')).to.equal('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await handshake(keys, `${authority.certificatePem}\n${other.certificatePem}`, 'a.example')).to.equal('ok');
  });

  it('of an intermediate authority are trusted with its certificate behind them', async () => {
    const intermediate = await authority.intermediate('Department CA');
    const keys = await intermediate.issue({ dnsNames: ['a.example'] });
    const chain = { ...keys, certificatePem: `${keys.certificatePem}\n${intermediate.certificatePem}` };
    expect(await handshake(chain, authority.certificatePem, 'a.example')).to.equal('ok');
    expect(await handshake(keys, authority.certificatePem, 'a.example')).to.equal('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});
