import { expect } from 'chai';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, type Authority, type KeyPair } from '../../examples/registry/certificates.ts';
import { functionRunner } from '../support/command-line.ts';
import { startTcpServer } from '../support/tcp-server.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { doctor } from './doctor-command.ts';

const past = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2021-02-03T04:05:00Z') };
const auth = (login: string): string => Buffer.from(login).toString('base64');
const canary = 'canary-of-a-password';

interface Row {
  readonly title: string;
  /** Files to be made in the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** `$` stands for the folder. */
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A part of the line that has to be there. */
  readonly line: string;
  /** Default: 1. */
  readonly exitCode?: number;
}

const credentials = ['--enable-private-registries', '--registry-auth-secret-path=$/.dockerconfigjson'];
const authorities = ['--enable-private-registries-tls', '--tls-secret-path=$'];
const serving = ['--tls-cert-file=$/tls.crt', '--tls-private-key-file=$/tls.key'];

describe('doctor, of what is on the machine', function () {
  this.timeout(20_000);
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let ca: Authority;
  let good: KeyPair;
  let tests = 0;

  before(async () => {
    folder = await tempFolder('doctor');
    ca = await createAuthority({ name: 'Company CA' });
    good = await ca.issue({ dnsNames: ['runner.example'] });
  });

  after(async () => folder.remove());

  const run = async ({ files = {}, flags, env = {} }: Omit<Row, 'title' | 'line'>): ReturnType<typeof doctor> => {
    tests += 1;
    const place = join(folder.path, String(tests));
    await mkdir(place);
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(place, name, '..'), { recursive: true });
      await writeFile(join(place, name), content, { mode: 0o755 });
    }
    const filled = flags.map((flag) => flag.replaceAll('$', place));
    const answer = await doctor(['--runtime=local', `--image-store=${place}/store`, ...filled], env);
    expect(answer.text).not.to.include(canary);
    return { ...answer, lines: answer.lines.map((line) => line.replaceAll(place, '$')) };
  };

  const rows: readonly Row[] = [
    {
      title: 'a flag that there is not',
      flags: ['--prot=1'],
      line: 'problem flags: --prot: no such flag; did you mean --port? -> Correct the flag; the checks below take its default.',
    },
    {
      title: 'a flag with a value that cannot be',
      flags: ['--insecure-registries=10.0.0.0/99'],
      line: 'problem flags: --insecure-registries: "10.0.0.0/99"',
    },
    {
      title: 'a flag without effect',
      flags: ['--tls-secret-path=$'],
      line: 'warning flags: --tls-secret-path has no effect without --enable-private-registries-tls',
      exitCode: 0,
    },
    {
      title: 'a credentials file that is not there',
      flags: credentials,
      files: { 'config.json': '{}' },
      line: 'problem credentials: $/.dockerconfigjson: there is no such file; its folder has config.json -> Name the key of the secret that holds them by --registry-auth-secret-path, or mount it as .dockerconfigjson.',
    },
    {
      title: 'a credentials folder that is not there',
      flags: ['--enable-private-registries', '--registry-auth-secret-path=/no/such/file'],
      line: 'problem credentials: /no/such/file: there is no such file; nor is there a folder /no/such ->',
    },
    {
      title: 'a credentials file that cannot be read as one',
      flags: ['--enable-private-registries', '--registry-auth-secret-path=$'],
      line: 'problem credentials: $: $ is a directory -> Point --registry-auth-secret-path at a dockerconfigjson',
    },
    {
      title: 'credentials that are no JSON',
      flags: credentials,
      files: { '.dockerconfigjson': `{"auths": {"a.io": {"password": "${canary}"}` },
      line: 'problem credentials: $/.dockerconfigjson: $/.dockerconfigjson: not valid JSON -> Store the registry credentials as JSON',
    },
    {
      title: 'an entry that cannot be read',
      flags: credentials,
      files: { '.dockerconfigjson': JSON.stringify({ auths: { 'a.invalid': { auth: auth(canary) } } }) },
      line: 'problem credentials: entry a.invalid: auth is not base64 of user:password -> Write the entry anew',
    },
    {
      title: 'no login at all',
      flags: [],
      env: { DOCKER_CONFIG: '/no/such/folder', XDG_RUNTIME_DIR: '' },
      line: 'skipped credentials: not used without --enable-private-registries; docker login, podman login or skopeo login have left none here',
      exitCode: 0,
    },
    {
      title: 'a helper that is not installed',
      flags: credentials,
      files: { '.dockerconfigjson': JSON.stringify({ credHelpers: { 'a.invalid': 'absent' } }) },
      line: 'problem credentials: helper for a.invalid: there is no program docker-credential-absent on the PATH -> Install it',
    },
    {
      title: 'no certificate authority',
      flags: authorities,
      files: { 'tls.crt': 'x' },
      line: 'problem registry CAs: $: there is no ca.crt or ca.pem in it; its folder has tls.crt -> Mount the secret with the CA there',
    },
    {
      title: 'a certificate authority that is none',
      flags: authorities,
      files: { 'ca.crt': 'nothing' },
      line: 'problem registry CAs: $: $/ca.crt: it holds no PEM certificate -> Mount a file of PEM certificates',
    },
    {
      title: 'a functions file that is malformed',
      flags: ['--config=$/config.yaml'],
      files: { 'config.yaml': 'functions: [{function: ../x, images: [a]}]' },
      line: 'problem executables: $/config.yaml: $/config.yaml: functions[0].function is not the name of a file in the functions folder',
    },
    {
      title: 'an executable that is not there',
      flags: ['--config=$/config.yaml', '--functions=$/bin'],
      files: { 'config.yaml': 'functions: [{function: one, images: [a.io/one:1]}]' },
      line: 'problem executables: $/bin/one: there is no such file that can be executed -> Put it there',
    },
    {
      title: 'a proxy that does not answer',
      flags: [],
      env: { HTTPS_PROXY: `http://user:${canary}@127.0.0.1:9` },
      line: 'problem proxy: 127.0.0.1:9: cannot be reached (ECONNREFUSED); it is for ghcr.io -> Correct HTTPS_PROXY',
    },
    {
      title: 'a proxy that is no URL',
      flags: [],
      env: { HTTPS_PROXY: `ftp://${canary}` },
      line: 'problem proxy: the environment variable HTTPS_PROXY holds no proxy URL that can be used -> Set HTTPS_PROXY to',
    },
    {
      title: 'a folder of the node that is not there',
      flags: ['--registry-hosts-dir=$/certs.d'],
      line: "problem node registries: $/certs.d: there is no such folder, or it cannot be read -> Mount the node's folder there",
    },
    {
      title: 'a hosts.toml that cannot be read',
      flags: ['--registry-hosts-dir=$/certs.d'],
      files: { 'certs.d/a.io/hosts.toml': '[host' },
      line: 'problem node registries: a.io: hosts.toml cannot be used; taking the certificates beside it: ',
    },
    {
      title: 'a machine without sandbox',
      flags: [],
      env: { PATH: '/no/such/folder' },
      line: 'problem sandbox: no sandbox works on this machine (bubblewrap: not installed;',
    },
    {
      title: 'an image store that cannot be written to',
      flags: ['--image-store=/dev/null/store'],
      line: 'problem image store: /dev/null/store: /dev/null may not be written to -> Name a folder of your own by --image-store.',
    },
  ];

  for (const { title, line, exitCode = 1, ...row } of rows) {
    it(`tells of ${title}`, async () => {
      const answer = await run(row);
      expect(
        answer.lines.filter((each) => each.startsWith(line)),
        answer.lines.join('\n'),
      ).to.have.length(1);
      expect(answer.exitCode).to.equal(exitCode);
    });
  }

  it('tells of authorities that have expired, less loudly where another one is left', async () => {
    const old = await createAuthority({ name: 'Old CA', ...past });
    const lone = await run({ flags: authorities, files: { 'ca.crt': old.certificatePem } });
    const line = 'registry CAs: $/ca.crt: CN=Old CA: expired on 2021-02-03 04:05 -> Renew it';
    expect(lone.lines.some((each) => each.startsWith(`problem ${line}`))).to.equal(true);
    expect(lone.exitCode).to.equal(1);
    const both = await run({ flags: authorities, files: { 'ca.crt': `${old.certificatePem}\n${ca.certificatePem}` } });
    expect(
      both.lines.some((each) => each.startsWith(`warning ${line}`)),
      both.lines.join('\n'),
    ).to.equal(true);
    expect(both.exitCode).to.equal(0);
  });

  it('tells of a key among the authorities', async () => {
    const files = { 'ca.crt': `${ca.certificatePem}\n${good.keyPem}` };
    const { lines } = await run({ flags: authorities, files });
    expect(lines.join('\n')).to.match(/^warning registry CAs: \$\/ca\.crt: it holds a PRIVATE KEY/m);
  });

  it('tells of a serving certificate that has expired, or has the key of another one', async () => {
    const old = await ca.issue({ dnsNames: ['old.example'], ...past });
    const expired = await run({ flags: serving, files: { 'tls.crt': old.certificatePem, 'tls.key': old.keyPem } });
    expect(expired.lines.join('\n')).to.match(
      /^problem gRPC TLS: \$\/tls\.crt: .*: expired on 2021-02-03 04:05 -> Renew it/m,
    );
    expect(expired.exitCode).to.equal(1);
    const other = await run({ flags: serving, files: { 'tls.crt': good.certificatePem, 'tls.key': old.keyPem } });
    expect(other.lines.join('\n')).to.match(/^problem gRPC TLS: \$\/tls\.crt: \$\/tls\.key is not the private key of/m);
  });

  it('tells of a client certificate that ends soon, and of one that is not there', async () => {
    const flags = [...authorities, '--registry-client-certificate'];
    const notAfter = new Date(Date.now() + 3.5 * 86_400_000);
    const pair = await ca.issue({ client: true, commonName: 'runner', notAfter });
    const files = { 'ca.crt': ca.certificatePem, 'tls.crt': pair.certificatePem, 'tls.key': pair.keyPem };
    const soon = await run({ flags, files });
    expect(soon.lines.join('\n')).to.match(
      /^warning client certificate: \$\/tls\.crt: CN=runner: valid until .*, in 3 days -> Renew it/m,
    );
    expect(soon.exitCode).to.equal(0);
    const none = await run({ flags, files: { 'ca.crt': ca.certificatePem } });
    expect(none.lines.join('\n')).to.match(
      /^problem client certificate: \$: \$\/tls\.crt does not exist -> Put tls\.crt and tls\.key/m,
    );
  });

  it('says which registries are reached through a proxy that answers', async () => {
    const proxy = await startTcpServer(() => undefined);
    const through = await run({ flags: [], env: { HTTPS_PROXY: `http://user:${canary}@${proxy.authority}` } });
    const direct = await run({ flags: [], env: { HTTPS_PROXY: `http://${proxy.authority}`, NO_PROXY: 'ghcr.io' } });
    await proxy.stop();
    expect(through.lines).to.include(`ok proxy: ${proxy.authority}: answers; for ghcr.io`);
    expect(direct.lines).to.include('ok proxy: HTTPS_PROXY, NO_PROXY set; reached directly: ghcr.io');
    expect(through.exitCode).to.equal(0);
  });

  it('says of mirrors and authorities of the node what it would do', async () => {
    const files = {
      'certs.d/a.io/hosts.toml': 'server = "https://a.io"\n[host."https://mirror.example"]\nca = "ca.crt"\n',
      'certs.d/a.io/ca.crt': ca.certificatePem,
    };
    const { lines, exitCode } = await run({ flags: ['--registry-hosts-dir=$/certs.d'], files });
    expect(lines).to.include('ok node registries: a.io: mirrors mirror.example, then a.io');
    expect(lines.join('\n')).to.match(/^ok node registries: a\.io: CN=Company CA: valid until /m);
    expect(exitCode).to.equal(0);
  });

  it('says nothing is wrong where nothing is, leaves nothing behind, and ends with 0', async () => {
    const files = {
      '.dockerconfigjson': '{"auths":{}}',
      'ca.crt': ca.certificatePem,
      'tls.crt': good.certificatePem,
      'tls.key': good.keyPem,
    };
    const { lines, exitCode } = await run({ flags: [...credentials, ...authorities, ...serving], files });
    expect(lines.filter((line) => !/^(ok|skipped) /.test(line))).to.deep.equal([]);
    expect(exitCode).to.equal(0);
    expect((await readdir(join(folder.path, String(tests)))).toSorted()).to.deep.equal(Object.keys(files).toSorted());
  });

  it('prints lines that fit any terminal, with what to do below them', async () => {
    const { stdout, exitCode } = await functionRunner(['doctor', '--prot=1', '--runtime=local']);
    expect(exitCode).to.equal(1);
    expect(stdout).to.match(
      /^problem {2}flags {15}--prot: no such flag; .*\n {29}-> Correct the flag; .*\nskipped {2}credentials /,
    );
    expect(stdout).to.match(/\n\n1 problem, 0 warnings, \d+ ok, \d+ skipped\n$/);
    expect(stdout).to.match(/^[\x20-\x7e\n]*$/);
  });

  it('takes a wrong flag of its own for what it is', async () => {
    const { stderr, exitCode } = await functionRunner(['doctor', '--output=xml']);
    expect({ exitCode }).to.deep.equal({ exitCode: 2 });
    expect(stderr).to.include('--output: "xml" is wrong');
  });
});
