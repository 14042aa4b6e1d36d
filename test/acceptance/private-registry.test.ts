import { expect } from 'chai';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { ResolveAnswer } from '../support/resolve-command.ts';
import { skopeoInspect } from '../support/skopeo.ts';
import type { SkopeoReport } from '../support/skopeo.ts';
import { indexName, login, singleName, startGuardedRegistry } from './guarded-registry.ts';
import type { GuardedRegistry } from './guarded-registry.ts';

describe('resolve, from a docker-registry with a private CA and a password with colons', function () {
  requires('docker-registry', 'skopeo', 'htpasswd');
  this.timeout(30_000);
  let registry: GuardedRegistry;

  before(async () => {
    registry = await startGuardedRegistry();
  });

  after(async () => registry.stop());

  it('gives an index the digests, ENTRYPOINT and CMD that skopeo sees', async () => {
    const image = `${registry.authority}/${indexName}`;
    const { answer, exitCode } = await registry.resolve(image);
    const report = await skopeoInspect(indexName, registry.access);
    const config: unknown = JSON.parse(report.config);
    expect(exitCode).to.equal(0);
    expect(answer).to.deep.include({
      digest: report.digest,
      platformDigest: platformDigest(report, 'amd64'),
      entrypoint: jsonAt(config, 'config', 'Entrypoint'),
      cmd: jsonAt(config, 'config', 'Cmd'),
    });
    expect(answer).to.deep.include({
      image,
      reference: image,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      platforms: ['linux/amd64', 'linux/arm64'],
      entrypoint: ['/usr/bin/set-labels', '--strict'],
      cmd: ['--label', 'a=b c'],
      env: ['PATH=/usr/bin', 'MODE=a=b'],
      workingDir: '/work',
      user: '1000:1000',
      connection: 'mounted-ca',
      attempts: [{ step: 'mounted-ca', address: registry.authority, outcome: 'ok', reason: '' }],
      credential: registry.authority,
      cached: false,
    });
  });

  it('takes the manifest of the asked platform', async () => {
    const { answer } = await registry.resolve(`${registry.authority}/${indexName}`, ['--image-platform=linux/arm64']);
    const report = await skopeoInspect(indexName, registry.access);
    expect(answer['digest']).to.equal(report.digest);
    expect(answer['platformDigest']).to.equal(platformDigest(report, 'arm64'));
  });

  it('resolves a digest reference to that digest', async () => {
    const { digest } = await skopeoInspect(indexName, registry.access);
    const { answer } = await registry.resolve(`${registry.authority}/team/set-labels@${digest}`);
    expect(answer).to.deep.include({ digest, connection: 'mounted-ca' });
  });

  it('gives an image without an index one digest', async () => {
    const { answer } = await registry.resolve(`${registry.authority}/${singleName}`);
    const { digest } = await skopeoInspect(singleName, registry.access);
    expect(answer).to.deep.include({
      digest,
      platformDigest: digest,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      entrypoint: [],
      cmd: ['/bin/run', 'now'],
    });
  });

  it('prints the same as text', async () => {
    const { text } = await registry.resolve(`${registry.authority}/${indexName}`, [], { output: 'text' });
    const { digest } = await skopeoInspect(indexName, registry.access);
    for (const shown of [digest, 'mounted-ca', '/usr/bin/set-labels']) expect(text).to.include(shown);
  });

  it('answers a wrong password with PERMISSION_DENIED that names the key and not the password', async () => {
    const key = registry.authority.replace('127', '*');
    const { failure, exitCode, text } = await resolveWithLogins({
      'other.example': 'x:y',
      [key]: `${login.name}:pass:wrong`,
    });
    expect(exitCode).to.equal(1);
    expect(failure).to.deep.include({ code: 'PERMISSION_DENIED', reason: 'AUTH_REFUSED' });
    expect(failure['message']).to.include(key);
    expect(text).not.to.include('pass:wrong');
  });

  it('answers PERMISSION_DENIED where no credentials match', async () => {
    const { failure } = await resolveWithLogins({ 'other.example': 'x:y' });
    expect(failure).to.deep.include({ code: 'PERMISSION_DENIED', reason: 'AUTH_DENIED' });
  });

  it('answers NOT_FOUND for a tag that is not there', async () => {
    const { failure, exitCode } = await registry.resolve(`${registry.authority}/team/set-labels:v99`);
    expect(exitCode).to.equal(1);
    expect(failure).to.deep.include({ code: 'NOT_FOUND', reason: 'MAN_NOT_FOUND' });
    expect(jsonList(failure, 'attempts')).to.deep.equal([
      { step: 'mounted-ca', address: registry.authority, outcome: 'ok', reason: '' },
    ]);
  });

  async function resolveWithLogins(logins: Readonly<Record<string, string>>): Promise<ResolveAnswer> {
    const secret = await mountSecret({ '.dockerconfigjson': dockerConfigJson(logins) });
    try {
      const flag = `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`;
      return await registry.resolve(`${registry.authority}/${indexName}`, [flag]);
    } finally {
      await secret.remove();
    }
  }
});

/** Of the index as skopeo fetched it. */
function platformDigest(report: SkopeoReport, architecture: string): unknown {
  const entries = jsonList(JSON.parse(report.raw), 'manifests');
  return jsonAt(
    entries.find((entry) => jsonAt(entry, 'platform', 'architecture') === architecture),
    'digest',
  );
}
