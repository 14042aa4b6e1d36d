import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { startDaemon } from '../../support/daemon.ts';
import { freePort } from '../../support/free-port.ts';
import { requires } from '../../support/requires.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { failureOf } from '../protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';

describe('a registry that wants a client certificate, through the service', () => {
  requires('docker-registry');

  it('[TC21] ends with the alert that TLS 1.3 sends after the handshake', async () => {
    const { tls, authority } = await setStage();
    const folder = await tempFolder('client-certificates');
    const port = await freePort();
    const files = { 'tls.crt': tls.certificatePem, 'tls.key': tls.keyPem, 'ca.crt': authority.certificatePem };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text, { mode: 0o600 });
    const path = (name: keyof typeof files): string => join(folder.path, name);
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder.path, 'data') } },
      http: {
        addr: `127.0.0.1:${String(port)}`,
        secret: 'of-no-use-with-one-registry',
        tls: { certificate: path('tls.crt'), key: path('tls.key'), clientcas: [path('ca.crt')] },
      },
    };
    await writeFile(join(folder.path, 'config.yml'), stringify(config));
    const registry = startDaemon('docker-registry', ['serve', join(folder.path, 'config.yml')]);
    try {
      await registry.line(/listening on /);
      const setup = { caPem: authority.certificatePem, overrides: noSystemRoots };
      const failure = await failureOf(setup, imageAt({ authority: `127.0.0.1:${String(port)}` }));
      expect([failure.status, failure.reason]).to.deep.equal(['FAILED_PRECONDITION', 'TLS_PROTOCOL']);
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'plaintext skipped']);
      expect(reasonAt(failure, 'mounted-ca')).to.match(/alert.*certificate/);
    } finally {
      await registry.stop();
      await folder.remove();
    }
  });
});
