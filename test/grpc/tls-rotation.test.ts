import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { createAuthority, type KeyPair } from '../../examples/registry/certificates.ts';
import type { ClientTls } from '../../src/rpc/client-tls.ts';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { servicePair, TlsStage, tlsSecret, trusting } from './tls-stage.ts';

const resourceList = Buffer.from('kind: ResourceList\n');
const changed = 'TLS certificate changed';
const kept = 'new TLS files cannot be used; keeping the last good ones';

/** The serial number of the certificate that a new connection is shown, which the handshake proves the key of. */
async function shownSerial(stage: TlsStage): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: stage.port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

/** Sends call after call until told to stop, over one connection or a new one for each. */
async function callAll(
  stage: TlsStage,
  tls: ClientTls,
  options: { readonly anew: boolean; readonly until: AbortSignal },
): Promise<{ readonly calls: number; readonly failures: readonly string[] }> {
  const failures: string[] = [];
  let calls = 0;
  const lasting = stage.client(tls);
  while (!options.until.aborted) {
    calls += 1;
    const client = options.anew ? stage.client(tls) : lasting;
    await client.evaluateFunction({ image: 'a', resourceList }).catch((error: unknown) => {
      failures.push(String(error));
    });
    if (options.anew) client.close();
  }
  return { calls, failures };
}

describe('TLS files that are replaced', function () {
  this.timeout(20_000);
  let stage: TlsStage;

  beforeEach(async () => {
    stage = await TlsStage.start({ mutual: true });
  });

  afterEach(async () => stage.stop());

  const swapTo = async (pair: KeyPair, clientAuthority: KeyPair = stage.authority): Promise<void> => {
    const before = stage.logged(changed);
    await stage.files.swap(tlsSecret(pair, clientAuthority));
    await eventually('the new pair is used', 5000, () => stage.logged(changed) > before);
  };

  it('are used by new connections, while calls go on without a failure', async () => {
    const own = await stage.authority.issue({ commonName: 'porch-server', client: true });
    const trusted = trusting([stage.authority], own);
    const until = new AbortController();
    const callers = [true, false, true, false].map(async (anew) =>
      callAll(stage, trusted, { anew, until: until.signal }),
    );
    const serials = new Set([await shownSerial(stage)]);
    for (let round = 0; round < 10; round += 1) {
      await swapTo(await servicePair(stage.authority));
      serials.add(await shownSerial(stage));
    }
    until.abort();
    const ends = await Promise.all(callers);
    expect(ends.flatMap(({ failures }) => failures)).to.deep.equal([]);
    for (const { calls } of ends) expect(calls).to.be.above(10);
    expect(serials.size).to.equal(11);
    expect(stage.logged(kept)).to.equal(0);
  });

  it('never mix: a handshake proves the key of the certificate that it shows, however fast they come', async () => {
    const pairs = await Promise.all(Array.from({ length: 5 }, async () => servicePair(stage.authority)));
    for (let round = 0; round < 60; round += 1) {
      const pair = pairs[round % pairs.length];
      if (pair !== undefined) await stage.files.swap(tlsSecret(pair, stage.authority));
      await shownSerial(stage);
    }
    expect(stage.logged(kept)).to.equal(0);
    expect(stage.logged(changed)).to.be.above(0);
  });

  const broken: readonly (readonly [string, (good: KeyPair) => Promise<Readonly<Record<string, string>>>, RegExp])[] = [
    [
      'the key of another certificate',
      async (good) => {
        const other = await servicePair(stage.authority);
        return tlsSecret({ ...good, keyPem: other.keyPem }, stage.authority);
      },
      /tls\.key is not the private key of the certificate in .*tls\.crt/,
    ],
    [
      'no certificate',
      async (good) => Promise.resolve(tlsSecret({ ...good, certificatePem: '' }, stage.authority)),
      /tls\.crt: it is empty/,
    ],
    [
      'half a key',
      async (good) => Promise.resolve(tlsSecret({ ...good, keyPem: good.keyPem.slice(0, 80) }, stage.authority)),
      /tls\.key holds a private key that cannot be read/,
    ],
    [
      'a file too few',
      async (good) => Promise.resolve({ 'tls.crt': good.certificatePem, 'ca.crt': stage.authority.certificatePem }),
      /tls\.key does not exist/,
    ],
    [
      'broken client authorities',
      async (good) => Promise.resolve({ ...tlsSecret(good, stage.authority), 'ca.crt': 'none' }),
      /ca\.crt: it holds no PEM certificate/,
    ],
  ];
  for (const [what, files, error] of broken) {
    it(`are not used with ${what}: the last good ones stay, with one warning, until good ones come`, async () => {
      const serial = await shownSerial(stage);
      await stage.files.swap(await files(await servicePair(stage.authority)));
      await eventually('the warning', 5000, () => stage.logged(kept) > 0);
      const looks = stage.logLines.length;
      await swapTo(await servicePair(stage.authority)).catch(() => undefined);
      const warnings = stage.logLines.slice(0, looks + 1).filter((line) => line.includes(kept));
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(error);
      expect(stage.logged(kept)).to.equal(1);
      expect(await shownSerial(stage)).not.to.equal(serial);
    });
  }

  it('are written one after the other by some tools: the pair is used when it is whole', async () => {
    const first = await shownSerial(stage);
    const pair = await servicePair(stage.authority);
    const write = async (name: string, text: string): Promise<void> => {
      await writeFile(`${stage.files.file(name)}.new`, text);
      await rename(`${stage.files.file(name)}.new`, stage.files.file(name));
    };
    await write('tls.crt', pair.certificatePem);
    await eventually('the half that does not fit is noticed', 5000, () => stage.logged(kept) === 1);
    expect(await shownSerial(stage)).to.equal(first);
    await write('tls.key', pair.keyPem);
    await eventually('the new pair is used', 5000, () => stage.logged(changed) === 1);
    expect(await shownSerial(stage)).not.to.equal(first);
  });

  it('decide who may call from then on, whatever a client remembers of an earlier handshake', async () => {
    const own = await stage.authority.issue({ commonName: 'porch-server', client: true });
    const options = { host: '127.0.0.1', port: stage.port, ca: stage.authority.certificatePem, ALPNProtocols: ['h2'] };
    const shown = { cert: own.certificatePem, key: own.keyPem };
    const first = connect({ ...options, ...shown });
    const session = await new Promise<Buffer>((resolve) => first.once('session', resolve));
    const resumed = connect({ ...options, ...shown, session });
    await once(resumed, 'secureConnect');
    expect(resumed.isSessionReused()).to.equal(true);
    first.destroy();
    resumed.destroy();

    const nextAuthority = await createAuthority({ name: 'Next CA' });
    await swapTo(await servicePair(stage.authority), nextAuthority);
    const late = connect({ ...options, ...shown, session });
    let reused = false;
    late
      .on('error', () => undefined)
      .once('secureConnect', () => {
        reused = late.isSessionReused();
      });
    await once(late.resume(), 'close');
    expect(reused).to.equal(false);
    const refused = stage.client(trusting([stage.authority], own));
    const failure = await grpcFailureOf(refused.checkHealth('', { deadlineMs: 3000 }));
    expect(failure.status).to.equal('UNAVAILABLE');
    const next = await nextAuthority.issue({ commonName: 'porch-server', client: true });
    expect(await stage.client(trusting([stage.authority], next)).checkHealth()).to.equal('SERVING');
  });
});
