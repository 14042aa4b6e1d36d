import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { resolveCommand } from '../../support/resolve-command.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import type { TempFolder } from '../../support/temp-folder.ts';
import { startConnectProxy } from './connect-proxy.ts';
import type { ConnectProxy } from './connect-proxy.ts';
import { setStage, withServer } from './stage.ts';

describe('a proxy, in a process that loads only parts of undici', () => {
  let folder: TempFolder;
  let proxy: ConnectProxy | undefined;

  beforeEach(async () => {
    folder = await tempFolder('proxy-process');
  });

  afterEach(async () => {
    await proxy?.stop();
    await folder.remove();
  });

  it('is asked for a tunnel to a registry by TLS', async () => {
    const { serve, tls, authority } = await setStage();
    await writeFile(join(folder.path, 'ca.crt'), authority.certificatePem);
    await withServer(serve, { tls }, async (server) => {
      proxy = await startConnectProxy({ hosts: { 'registry.example:5000': server } });
      const { answer, text } = await resolveCommand(
        ['registry.example:5000/team/fn:v1', '--enable-private-registries-tls', `--tls-secret-path=${folder.path}`],
        'json',
        { HTTPS_PROXY: `http://127.0.0.1:${String(proxy.port)}` },
      );
      expect(answer['connection'], text).to.equal('mounted-ca');
      expect(proxy.tunnels).to.deep.equal(['registry.example:5000']);
    });
  });
});
