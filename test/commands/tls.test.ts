import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { servicePair } from '../grpc/tls-stage.ts';
import { functionDouble } from '../grpc/function-double.ts';
import { functionRunner } from '../support/command-line.ts';
import { startService, type TestService } from '../support/service.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';

describe('commands and a service over TLS', function () {
  this.timeout(30_000);
  let folder: TempFolder;
  const services = new Map<string, TestService>();
  const path = (name: string): string => join(folder.path, name);

  before(async () => {
    folder = await tempFolder('tls-commands');
    const authority = await createAuthority();
    const own = await servicePair(authority);
    const client = await authority.issue({ commonName: 'porch-server', client: true });
    const foreign = await (await createAuthority({ name: 'Other CA' })).issue({ commonName: 'x', client: true });
    const old = await servicePair(authority, { notAfter: new Date(Date.now() - 60_000) });
    const texts = {
      'ca.crt': authority.certificatePem,
      'own.crt': own.certificatePem,
      'own.key': own.keyPem,
      'client.crt': client.certificatePem,
      'client.key': client.keyPem,
      'foreign.crt': foreign.certificatePem,
      'foreign.key': foreign.keyPem,
      'old.crt': old.certificatePem,
      'old.key': old.keyPem,
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(path(name), text);
    const tls = (name: string): readonly string[] => [
      `--tls-cert-file=${path(`${name}.crt`)}`,
      `--tls-private-key-file=${path(`${name}.key`)}`,
    ];
    const overrides = { firstEvaluators: [functionDouble(async () => Promise.resolve({}))] };
    services.set('plaintext', await startService({ overrides }));
    services.set('tls', await startService({ overrides, flags: tls('own') }));
    services.set('old', await startService({ overrides, flags: tls('old') }));
    const mutual = [...tls('own'), `--client-ca-file=${path('ca.crt')}`];
    services.set('mutual', await startService({ overrides, flags: mutual }));
  });

  after(async () => {
    for (const service of services.values()) await service.stop();
    await folder.remove();
  });

  const address = (kind: string): string => services.get(kind)?.address ?? '';
  /** `@name` stands for the path of that file. */
  const given = (flags: readonly string[]): readonly string[] =>
    flags.map((flag) => flag.replace('@', `${folder.path}/`));

  const trusting = '--tls-ca-cert=@ca.crt';
  const client = ['--tls-client-cert=@client.crt', '--tls-client-key=@client.key'];
  const served: readonly (readonly [string, readonly string[]])[] = [
    ['tls', ['--tls', trusting]],
    ['tls', [trusting]],
    ['tls', [trusting, '--tls-server-name=function-runner.porch-system.svc']],
    ['tls', ['--tls', '--tls-no-verify']],
    ['old', ['-tls', '-tls-no-verify']],
    ['mutual', [trusting, ...client]],
  ];
  for (const [kind, flags] of served) {
    it(`health ${flags.join(' ')} reaches the service: ${kind}`, async () => {
      const result = await functionRunner(['health', `--addr=${address(kind)}`, ...given(flags)]);
      expect(result).to.deep.equal({ exitCode: 0, stdout: 'status: SERVING\n', stderr: '' });
    });
  }

  const refused: readonly (readonly [string, readonly string[], RegExp, RegExp])[] = [
    ['tls', [], /ended the connection before it said anything, as one that speaks TLS does/, /^Give --tls/m],
    ['mutual', [], /as one that speaks TLS does/, /^Give --tls/m],
    ['plaintext', [trusting], /the service does not speak TLS/, /^Leave out --tls/m],
    ['tls', ['--tls'], /by an authority that is not trusted here/, /--tls-ca-cert/],
    ['tls', [trusting, '--tls-server-name=else.example'], /is for another name/, /--tls-server-name/],
    ['old', [trusting], /certificate is out of date/, /Renew/],
    ['mutual', [trusting], /asks for a client certificate/, /--tls-client-cert and --tls-client-key/],
    [
      'mutual',
      [trusting, '--tls-client-cert=@foreign.crt', '--tls-client-key=@foreign.key'],
      /ended the connection during or right after the TLS handshake/,
      /by one of those authorities/,
    ],
  ];
  for (const [kind, flags, problem, hint] of refused) {
    it(`health ${flags.join(' ')} says what is wrong with a service: ${kind}`, async () => {
      const { exitCode, stdout, stderr } = await functionRunner(['health', `--addr=${address(kind)}`, ...given(flags)]);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
      expect(stderr)
        .to.match(problem)
        .and.match(hint)
        .and.include(`${address(kind)}: UNAVAILABLE: `);
    });
  }

  const evaluate = ['evaluate', 'registry.example/fn', '-f', '-'];
  const input = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';

  it('evaluate --address takes the same flags', async () => {
    const flags = given([trusting, ...client]);
    const result = await functionRunner([...evaluate, `--address=${address('mutual')}`, ...flags], { input });
    expect(result).to.deep.equal({ exitCode: 0, stdout: input, stderr: '' });
  });

  it('evaluate --address says what is wrong too', async () => {
    const { exitCode, stderr } = await functionRunner([...evaluate, `--address=${address('tls')}`], { input });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('as one that speaks TLS does').and.include('hint: Give --tls');
  });

  it('probes need no certificate where they ask /healthz beside the metrics', async () => {
    const answer = await fetch(`http://${services.get('mutual')?.app.metricsAddress ?? ''}/healthz`);
    expect(answer.status).to.equal(200);
  });

  const faulty: readonly (readonly [readonly string[], RegExp])[] = [
    [['--tls-cert-file=a'], /--tls-cert-file: needs --tls-private-key-file too/],
    [['--tls-private-key-file=a'], /--tls-private-key-file: needs --tls-cert-file too/],
    [['--client-ca-file=a'], /--client-ca-file: needs --tls-cert-file and --tls-private-key-file/],
    [['health', '--tls-client-cert=a'], /--tls-client-cert: needs --tls-client-key too/],
    [['health', '--tls-client-key=a'], /--tls-client-key: needs --tls-client-cert too/],
    [['health', '--addr=https://a:1'], /"https:\/\/a:1" is wrong; give host:port, and --tls for TLS/],
    [['evaluate', 'fn', '-f', 'x', '--tls'], /--tls and the flags beside it need --address/],
  ];
  for (const [args, fault] of faulty) {
    it(`${args.join(' ')} is wrong usage`, async () => {
      const { exitCode, stderr } = await functionRunner(args);
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(fault);
    });
  }

  it('a service whose key does not fit its certificate does not start, and says which files', async () => {
    const flags = given(['--tls-cert-file=@own.crt', '--tls-private-key-file=@client.key']);
    const { exitCode, stderr } = await functionRunner(['--port=0', '--bind-address=127.0.0.1', ...flags]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('"msg":"cannot start"').and.include(path('own.crt')).and.include(path('client.key'));
  });

  it('a client certificate that cannot be used is named before anything is asked', async () => {
    const flags = given(['--tls-client-cert=@client.crt', '--tls-client-key=@own.key']);
    const { exitCode, stderr } = await functionRunner(['health', `--addr=${address('mutual')}`, ...flags]);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include(`${path('own.key')} is not the private key of the certificate in ${path('client.crt')}`);
  });
});
