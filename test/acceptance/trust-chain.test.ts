import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import type { ResolveAnswer } from '../support/resolve-command.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { indexName, pushImages, startGuardedRegistry, stepsOf } from './guarded-registry.ts';
import type { GuardedRegistry } from './guarded-registry.ts';

describe('the trust chain of resolve, against docker-registry', function () {
  requires('docker-registry', 'skopeo', 'htpasswd');
  this.timeout(30_000);
  let registry: GuardedRegistry;

  before(async () => {
    registry = await startGuardedRegistry();
  });

  after(async () => registry.stop());

  it('refuses a certificate that neither the mounted nor the system CAs signed, without trying plaintext', async () => {
    const { failure, exitCode } = await resolveUnderOtherCa();
    expect(exitCode).to.equal(1);
    expect(failure).to.deep.include({ code: 'FAILED_PRECONDITION', reason: 'TLS_UNTRUSTED' });
    expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'plaintext skipped']);
    expect(failure['hint']).to.be.a('string').and.not.equal('');
  });

  it('goes on to the system CAs, SSL_CERT_FILE among them', async () => {
    const { answer } = await resolveUnderOtherCa({ SSL_CERT_FILE: registry.caFile });
    expect(answer['connection']).to.equal('system-ca');
    expect(stepsOf(answer)).to.deep.equal(['mounted-ca failed', 'system-ca ok']);
  });

  it('starts at the system CAs where none is mounted', async () => {
    const empty = await tempFolder('no-ca');
    const { failure } = await registry.resolve(`${registry.authority}/${indexName}`, [
      `--tls-secret-path=${empty.path}`,
    ]);
    await empty.remove();
    expect(stepsOf(failure)).to.deep.equal(['mounted-ca skipped', 'system-ca failed', 'plaintext skipped']);
  });

  it('stops at a certificate for another name', async () => {
    const misnamed = await startDockerRegistry({ tls: await registry.issueFor('10.9.8.7') });
    const { failure } = await registry.resolve(`${misnamed.authority}/${indexName}`);
    await misnamed.stop();
    expect(failure).to.deep.include({ code: 'FAILED_PRECONDITION', reason: 'TLS_NAME' });
    expect(stepsOf(failure).filter((step) => !step.endsWith('skipped'))).to.deep.equal(['mounted-ca failed']);
  });

  it('goes to plaintext, anonymously, where the registry speaks no TLS', async () => {
    const plain = await startDockerRegistry();
    await pushImages({ authority: plain.authority });
    const { answer } = await registry.resolve(`${plain.authority}/${indexName}`);
    await plain.stop();
    expect(answer).to.deep.include({ connection: 'plaintext', credential: 'anonymous' });
    expect(stepsOf(answer)).to.deep.equal(['mounted-ca failed', 'plaintext ok']);
  });

  it('asks nothing in plaintext under --plaintext-fallback=never', async () => {
    const plain = await startDockerRegistry();
    const { failure } = await registry.resolve(`${plain.authority}/${indexName}`, ['--plaintext-fallback=never']);
    const asked = (await plain.accessLog()).filter((line) => line.path.includes('/manifests/'));
    await plain.stop();
    expect(failure).to.deep.include({ code: 'FAILED_PRECONDITION', reason: 'PLAINTEXT_REFUSED' });
    expect(asked).to.deep.equal([]);
  });

  it('says UNAVAILABLE where nothing listens', async () => {
    const gone = await startDockerRegistry();
    await gone.stop();
    const { failure } = await registry.resolve(`${gone.authority}/${indexName}`, ['--resolve-timeout=5s']);
    expect(failure).to.deep.include({ code: 'UNAVAILABLE', reason: 'UNREACHABLE' });
  });

  async function resolveUnderOtherCa(env: Readonly<Record<string, string>> = {}): Promise<ResolveAnswer> {
    const other = await createAuthority({ name: 'Other CA' });
    const secret = await mountSecret({ 'ca.pem': other.certificatePem });
    try {
      return await registry.resolve(`${registry.authority}/${indexName}`, [`--tls-secret-path=${secret.path}`], {
        env,
      });
    } finally {
      await secret.remove();
    }
  }
});
