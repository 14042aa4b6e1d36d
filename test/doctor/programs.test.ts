import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '../support/temp-folder.ts';
import { type DoctorAnswer, doctor } from './doctor-command.ts';

describe('doctor, of keys and programs', function () {
  this.timeout(20_000);
  let folder: Awaited<ReturnType<typeof tempFolder>>;

  before(async () => {
    folder = await tempFolder('doctor');
    await mkdir(join(folder.path, 'bin'));
    await writeFile(join(folder.path, 'bin', 'there'), '#!/bin/sh\n', { mode: 0o755 });
  });

  after(async () => folder.remove());

  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder.path, name);
    await writeFile(path, content);
    return path;
  };
  const look = async (check: string, args: readonly string[]): Promise<DoctorAnswer> => {
    const answer = await doctor(['--runtime=local', ...args]);
    const lines = answer.lines.filter((line) => line.includes(` ${check}: `));
    return { ...answer, lines: lines.map((line) => line.replaceAll(folder.path, '$')) };
  };
  const providers = async (...names: readonly string[]): Promise<DoctorAnswer> => {
    const config = {
      apiVersion: 'kubelet.config.k8s.io/v1',
      kind: 'CredentialProviderConfig',
      providers: names.map((name) => ({
        name,
        matchImages: ['*.example.com', '*.example.org'],
        defaultCacheDuration: '10m',
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      })),
    };
    const flag = `--image-credential-provider-config=${await file('providers.yaml', JSON.stringify(config))}`;
    return look('providers', [flag, `--image-credential-provider-bin-dir=${folder.path}/bin`]);
  };

  it('says which providers there are', async () => {
    const { lines, exitCode } = await providers('there');
    expect(lines).to.deep.equal(['ok providers: there: $/bin/there; asked about images of 2 patterns']);
    expect(exitCode).to.equal(0);
  });

  it('tells of a provider whose program is not there, and of the next one', async () => {
    const { lines, exitCode } = await providers('absent', 'there');
    expect(lines[0]).to.match(
      /^problem providers: absent: .*\$\/bin\/absent does not exist -> Put an executable absent into/,
    );
    expect(lines[1]).to.match(/^ok providers: there: /);
    expect(exitCode).to.equal(1);
  });

  it('tells of a file of providers that is not there, or that the kubelet would refuse', async () => {
    const bin = `--image-credential-provider-bin-dir=${folder.path}`;
    const absent = await look('providers', ['--image-credential-provider-config=/no/such/file', bin]);
    expect(absent.lines[0]).to.match(/^problem providers: \/no\/such\/file: there is no such file -> /);
    const bad = await file('bad.yaml', 'kind: Pod\n');
    const refused = await look('providers', [`--image-credential-provider-config=${bad}`, bin]);
    expect(refused.lines[0]).to.match(/^problem providers: \$\/bad\.yaml: \$\/bad\.yaml: apiVersion is not /);
  });

  it('does not hold the wrapper image to what is asked of functions', async () => {
    const flags = ['--runtime=pod', '--allowed-registries=ghcr.io/team', '--kubeconfig=/no/such/file'];
    const env = { WRAPPER_SERVER_IMAGE: 'wrapper.example/server:v1' };
    const { lines } = await doctor(flags, env);
    expect(lines.filter((line) => line.includes(' wrapper image: '))).to.deep.equal([
      'ok wrapper image: wrapper.example/server:v1: set by WRAPPER_SERVER_IMAGE',
      'skipped wrapper image: wrapper.example/server:v1: not looked at, as a function it would be refused: wrapper.example/server is in none of the --allowed-registries',
    ]);
  });

  it('says which keys may have signed images', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = await file('team.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const { lines, exitCode } = await look('signature keys', [`--verify-images=${key}`]);
    expect(lines).to.deep.equal(['ok signature keys: $/team.pem: 1 key']);
    expect(exitCode).to.equal(0);
  });

  it('warns where images that nobody has signed can come from elsewhere', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = await file('one.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const rule = `--verify-images=ghcr.io/team=${key}`;
    const open = await look('signature keys', [rule]);
    expect(open.lines[1]).to.match(/^warning signature keys: images that match no pattern .* run unsigned/);
    expect(open.exitCode).to.equal(0);
    for (const also of ['--allowed-registries=ghcr.io', `--verify-images=${key}`])
      expect((await look('signature keys', [rule, also])).lines, also).to.deep.equal([
        'ok signature keys: $/one.pem: 1 key',
      ]);
  });

  it('tells of a key that is not there, and of a file that holds none', async () => {
    const none = await file('none.pem', 'nothing');
    const { lines, exitCode } = await look('signature keys', [`--verify-images=/no/such/key.pem,${none}`]);
    expect(lines[0]).to.match(
      /^problem signature keys: \/no\/such\/key\.pem: there is no such file -> Name files of public keys/,
    );
    expect(lines[1]).to.match(/^problem signature keys: \$\/none\.pem: /);
    expect(exitCode).to.equal(1);
  });
});
