import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Authority } from '../../../examples/registry/certificates.ts';
import { startService } from '../../support/service.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { useService } from '../protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage, withServer } from './stage.ts';
import type { Stage } from './stage.ts';

interface Pems {
  readonly good: Authority;
  readonly expired: Authority;
}

const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const unusable: readonly { title: string; content: (pems: Pems) => string | Buffer; says: string }[] = [
  { title: 'an empty file', content: () => '', says: 'empty' },
  { title: 'a file without a certificate', content: () => 'hello', says: 'no PEM certificate' },
  { title: 'DER', content: ({ good }) => new X509Certificate(good.certificatePem).raw, says: 'DER' },
  { title: 'a private key', content: ({ good }) => good.keyPem, says: 'PRIVATE KEY' },
  { title: 'a broken block before a good one', content: ({ good }) => broken + good.certificatePem, says: 'block 1' },
  {
    title: 'a broken block after a good one',
    content: ({ good }) => `${good.certificatePem}\n${broken}`,
    says: 'block 2',
  },
  { title: 'a block without an end', content: () => broken.replace(/-----END.*/, ''), says: 'no END' },
];

describe('the mounted bundle, through the service', () => {
  let stage: Stage;
  let pems: Pems;

  before(async () => {
    stage = await setStage();
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
    pems = { good: stage.authority, expired: await createAuthority({ name: 'Old CA', ...past }) };
  });

  for (const { title, content, says } of unusable) {
    it(`[NT7] does not start with ${title}, and names the file`, async () => {
      const folder = await tempFolder('ca');
      const file = join(folder.path, 'ca.crt');
      try {
        await writeFile(file, content(pems));
        const flags = ['--enable-private-registries-tls', `--tls-secret-path=${folder.path}`];
        const refused = await startService({ flags }).then(
          () => new Error('started'),
          (error: unknown) => error,
        );
        expect(refused).to.include({ name: 'RunnerError', code: 'CFG_CA' });
        expect(String(refused)).to.contain(file).and.to.contain(says);
      } finally {
        await folder.remove();
      }
    });
  }

  it('[NT7] skips blocks of other types with a warning, plainly of a private key', async () => {
    const { serve, tls, authority } = stage;
    const list = '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n';
    const caPem = `${list}${authority.keyPem}\n${authority.certificatePem}\n${list}`;
    await withServer(serve, { tls }, async (server) => {
      await useService({ caPem, overrides: noSystemRoots }, async (service) => {
        expect((await service.resolve(imageAt(server))).connection).to.equal('mounted-ca');
        const lines = service.logLines.join('\n');
        expect(lines)
          .to.contain('X509 CRL')
          .and.to.match(/PRIVATE KEY.*should not be there/);
      });
    });
  });

  it('refuses a --tls-secret-path that is a file, and says that it has to be a folder', async () => {
    const folder = await tempFolder('ca');
    const file = join(folder.path, 'bundle.pem');
    try {
      await writeFile(file, pems.good.certificatePem);
      const refused = await startService({
        flags: ['--enable-private-registries-tls', `--tls-secret-path=${file}`],
      }).then(
        () => new Error('started'),
        (error: unknown) => error,
      );
      expect(refused).to.include({ name: 'RunnerError', code: 'CFG_CA' });
      expect(String(refused)).to.contain(`${file} is a file`);
      expect(refused).to.have.nested.property('details.hint').that.contains('a folder with ca.crt or ca.pem');
    } finally {
      await folder.remove();
    }
  });

  it('[NT7] takes several certificates and comments between them, and warns of one that has expired', async () => {
    const { serve, tls, stranger } = stage;
    const caPem = `# Old\n${pems.expired.certificatePem}\n# Others\n${stranger.certificatePem}\r\n${pems.good.certificatePem}`;
    await withServer(serve, { tls }, async (server) => {
      await useService({ caPem, overrides: noSystemRoots }, async (service) => {
        expect((await service.resolve(imageAt(server))).connection).to.equal('mounted-ca');
        expect(service.logLines.join('\n')).to.contain('Old CA expired');
      });
    });
  });

  it('takes an intermediate for an anchor, as nodes do', async () => {
    const { serve, authority } = stage;
    const intermediate = await authority.intermediate('Intermediate CA');
    const tls = await intermediate.issue({ ipAddresses: ['127.0.0.1'] });
    await withServer(serve, { tls }, async (server) => {
      await useService({ caPem: intermediate.certificatePem, overrides: noSystemRoots }, async (service) => {
        expect((await service.resolve(imageAt(server))).connection).to.equal('mounted-ca');
      });
    });
  });
});
