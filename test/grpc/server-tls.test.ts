import { generateKeyPairSync } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority, type Authority, type KeyPair } from '../../examples/registry/certificates.ts';
import type { Clock } from '../../src/core/clock.ts';
import { noCounters } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { ServerTls } from '../../src/grpc/tls/server-tls.ts';
import type { TlsFiles } from '../../src/core/tls-files.ts';
import { createJsonLog } from '../../src/observe/json-log.ts';
import { parseCaBundle } from '../../src/registry/trust/ca-bundle.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { servicePair } from './tls-stage.ts';

const dayMs = 86_400_000;

/** Time that stands still until it is moved. A move ends the one wait that there is, and is over when the next begins. */
class HandClock implements Clock {
  #nowMs = Date.now();
  #wake: () => void = () => undefined;
  #waiting = Promise.withResolvers<undefined>();

  now(): number {
    return this.#nowMs;
  }

  async delay(_ms: number, signal?: AbortSignal): Promise<void> {
    this.#waiting.resolve(undefined);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  async move(ms: number): Promise<void> {
    await this.#waiting.promise;
    this.#waiting = Promise.withResolvers();
    this.#nowMs += ms;
    this.#wake();
    await this.#waiting.promise;
  }
}

describe('the TLS files of the server', () => {
  let folder: TempFolder;
  let authority: Authority;
  let files: TlsFiles & { readonly clientCa: string };
  let pair: KeyPair;
  const lines: string[] = [];
  const log = createJsonLog({ write: (line) => lines.push(line) }, 5);

  beforeEach(async () => {
    lines.length = 0;
    folder = await tempFolder('server-tls');
    authority = await createAuthority();
    const path = (name: string): string => join(folder.path, name);
    files = { certificate: path('tls.crt'), privateKey: path('tls.key'), clientCa: path('ca.crt') };
    await writePair();
    await writeFile(files.clientCa, authority.certificatePem);
  });

  afterEach(async () => folder.remove());

  const writePair = async (notAfter?: Date): Promise<void> => {
    pair = await servicePair(authority, notAfter === undefined ? {} : { notAfter });
    await writeFile(files.certificate, pair.certificatePem);
    await writeFile(files.privateKey, pair.keyPem);
  };

  const open = async (clock: Clock): Promise<ServerTls> =>
    ServerTls.open({ files, parseCertificates: parseCaBundle, clock, log, counters: noCounters });

  const warnings = (): readonly string[] => lines.filter((line) => line.includes('"level":"warn"'));

  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  const faults: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['a certificate that is not there', async () => rm(files.certificate), /tls\.crt does not exist/],
    ['a key that is not there', async () => rm(files.privateKey), /tls\.key does not exist/],
    ['client authorities that are not there', async () => rm(files.clientCa), /ca\.crt does not exist/],
    [
      'a folder as certificate',
      async () => rm(files.certificate).then(async () => mkdir(files.certificate)),
      /tls\.crt is a directory/,
    ],
    [
      'a certificate that is a key',
      async () => writeFile(files.certificate, pair.keyPem),
      /tls\.crt: it holds no CERTIFICATE, only PRIVATE KEY/,
    ],
    [
      'a key that is a certificate',
      async () => writeFile(files.privateKey, pair.certificatePem),
      /tls\.key holds no private key/,
    ],
    [
      'a key with a passphrase',
      async () =>
        writeFile(
          files.privateKey,
          generateKeyPairSync('ec', {
            namedCurve: 'P-256',
            privateKeyEncoding: encrypted,
            publicKeyEncoding: { type: 'spki', format: 'pem' },
          }).privateKey,
        ),
      /tls\.key holds a private key that is encrypted/,
    ],
    [
      'the key of another certificate',
      async () => writeFile(files.privateKey, (await servicePair(authority)).keyPem),
      /tls\.key is not the private key of the certificate in .*tls\.crt/,
    ],
    [
      'a chain that begins with the authority',
      async () => writeFile(files.certificate, authority.certificatePem + pair.certificatePem),
      /tls\.crt begins with the certificate of an authority/,
    ],
    [
      'a chain with a broken end',
      async () => writeFile(files.certificate, `${pair.certificatePem}\n-----BEGIN CERTIFICATE-----\nMIIB`),
      /tls\.crt: PEM block 2 has no END line/,
    ],
  ];
  for (const [what, arrange, error] of faults) {
    it(`are refused at start with ${what}`, async () => {
      await arrange();
      const thrown: unknown = await open(new HandClock()).catch((reason: unknown) => reason);
      expect(thrown).to.be.an.instanceOf(RunnerError);
      expect(String(thrown)).to.match(error);
    });
  }

  it('are warned of within 14 days of their end, and at their end, once each', async () => {
    const clock = new HandClock();
    await writePair(new Date(clock.now() + 20 * dayMs));
    const tls = await open(clock);
    await clock.move(5 * dayMs);
    expect(warnings()).to.deep.equal([]);
    await clock.move(2 * dayMs);
    await clock.move(dayMs);
    expect(warnings()).to.have.length(1);
    expect(warnings()[0]).to.include('TLS certificate ends within 14 days').and.include(files.certificate);
    await clock.move(13 * dayMs);
    await clock.move(dayMs);
    expect(warnings()).to.have.length(2);
    expect(warnings()[1]).to.include('TLS certificate has ended');
    await writePair(new Date(clock.now() + 90 * dayMs));
    await clock.move(1000);
    expect(warnings()).to.have.length(2);
    expect(lines.filter((line) => line.includes('TLS certificate changed'))).to.have.length(1);
    await tls.close();
  });

  it('make no noise when they are written anew with the same content', async () => {
    const clock = new HandClock();
    const tls = await open(clock);
    const before = lines.length;
    await writeFile(files.certificate, pair.certificatePem);
    await writeFile(files.privateKey, pair.keyPem);
    await clock.move(1000);
    expect(lines.slice(before)).to.deep.equal([]);
    await tls.close();
  });

  it('are warned of once while they are gone', async () => {
    const clock = new HandClock();
    const tls = await open(clock);
    await rm(files.privateKey);
    for (let looks = 0; looks < 3; looks += 1) await clock.move(1000);
    expect(warnings()).to.have.length(1);
    await writeFile(files.privateKey, pair.keyPem);
    await clock.move(1000);
    expect(warnings()).to.have.length(1);
    await tls.close();
  });
});
