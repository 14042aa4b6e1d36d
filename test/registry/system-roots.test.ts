import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { silentLog } from '../../src/core/log.ts';
import { systemRoots } from '../../src/registry/trust/system-roots.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);

describe('the system authorities', () => {
  it("[NT18] hold every one of Node's own, each once", () => {
    const roots = systemRoots({}, silentLog);
    expect(roots).to.include.members(getCACertificates('bundled').map((pem) => pem.trim()));
    expect(new Set(roots).size).to.equal(roots.length);
  });

  it("[NT18] hold those of the machine's store", async () => {
    const { certificatePem } = await createAuthority({ name: 'Of the machine' });
    const folder = await tempFolder('store');
    const store = join(folder.path, 'store.pem');
    await writeFile(store, certificatePem);
    try {
      // OpenSSL takes the place of its store from the environment of the process; ours is not told of it.
      const source = new URL('../../src/registry/trust/system-roots.ts', import.meta.url).href;
      const quiet = '{ info() {}, warn() {} }';
      const script = `import { systemRoots } from '${source}'; console.log(systemRoots({}, ${quiet}).join('\\n'))`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
        env: { SSL_CERT_FILE: store },
        maxBuffer: 16 * 1024 * 1024,
      });
      expect(stdout).to.contain(certificatePem.trim());
    } finally {
      await folder.remove();
    }
  });
});
