import { expect } from 'chai';
import { functionRunner } from '../support/command-line.ts';

const refused: readonly { readonly args: readonly string[]; readonly lines: readonly RegExp[] }[] = [
  { args: ['reslove', 'nginx'], lines: [/"reslove" is no command; did you mean resolve\?/] },
  { args: ['help', 'evaluat'], lines: [/"evaluat" is no command; did you mean evaluate\?/] },
  { args: ['serve', 'now'], lines: [/"now" is no flag/] },
  { args: ['--runtime=pods'], lines: [/--runtime: "pods" is wrong; give one of auto, pod, local/] },
  {
    args: ['--bind-address=[::1]:80'],
    lines: [/--bind-address: "\[::1\]:80" is wrong; give an IP address or host name/],
  },
  {
    args: ['--pod-namespace=Functions', '--registry-auth-secret-name=../pods', '--function-pod-template=a_b'],
    lines: [
      /--pod-namespace: "Functions" is wrong; give a name of lower-case letters, digits and -/,
      /--registry-auth-secret-name: "\.\.\/pods" is wrong/,
      /--function-pod-template: "a_b" is wrong/,
    ],
  },
  {
    args: ['--pull-secrets=harbor,No_Name', '--function-service-account=../pods'],
    lines: [
      /--pull-secrets: "No_Name" is wrong; give the name of an object/,
      /--function-service-account: "\.\.\/pods" is wrong/,
    ],
  },
  { args: ['--registry-auth-secret-name='], lines: [/--registry-auth-secret-name: "" is wrong/] },
  { args: ['--image-platform=linux'], lines: [/--image-platform: /] },
  { args: ['--insecure-registries=10.0.0.0/99'], lines: [/--insecure-registries: "10.0.0.0\/99"/] },
  { args: ['resolve'], lines: [/resolve needs one IMAGE, 0 are given/] },
  {
    args: ['resolve', 'a', 'b', '--output=xml'],
    lines: [/--output: "xml" is wrong; give one of text, json/, /one IMAGE, 2 are given/],
  },
  { args: ['evaluate'], lines: [/evaluate needs an IMAGE/] },
  { args: ['evaluate', 'fn', 'novalue', '=x'], lines: [/"novalue" is wrong; give key=value/, /"=x" is wrong/] },
  { args: ['evaluate', 'fn', 'a=b', '--fn-config=x', '-f-'], lines: [/-f-: no such flag/] },
  { args: ['evaluate', 'fn', 'a=b', '--fn-config=x'], lines: [/either --fn-config or key=value/] },
  { args: ['health', 'localhost:9445'], lines: [/"localhost:9445" is no flag/] },
  { args: ['health', '--adress=x'], lines: [/--adress: no such flag; did you mean --address\?/] },
  {
    args: ['--prot=1', '--log-level=9', '--pod-ttl', 'never', '--functions'],
    lines: [
      /4 faults/,
      /--prot: .*--port\?/,
      /--log-level: "9" .* 0 to 5/,
      /--pod-ttl: "never"/,
      /--functions: needs a value/,
    ],
  },
];

describe('a wrong command line', function () {
  this.timeout(20_000);

  for (const { args, lines } of refused) {
    it(`${JSON.stringify(args)} ends with exit code 2 and says what is wrong`, async () => {
      const { exitCode, stdout, stderr } = await functionRunner(args);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
      for (const line of lines) expect(stderr).to.match(line);
    });
  }

  for (const prefix of [
    'https://ghcr.io/x',
    'has space/x',
    '/',
    '/just/a/path/',
    '://bad',
    'ghcr.io/x#',
    'ghcr.io/x?',
  ]) {
    it(`[KP17] ${JSON.stringify(prefix)} as --default-image-prefix is refused before anything starts`, async () => {
      const { exitCode, stderr } = await functionRunner([`--default-image-prefix=${prefix}`]);
      expect(exitCode).to.equal(2);
      expect(stderr).to.include(`--default-image-prefix: ${JSON.stringify(prefix)} is wrong`);
    });
  }
});

describe('help', function () {
  this.timeout(20_000);

  for (const args of [['--help'], ['-h'], ['help'], ['-help'], ['--port=1', '--help']]) {
    it(`${JSON.stringify(args)} lists commands and every flag of the service`, async () => {
      const { exitCode, stdout, stderr } = await functionRunner(args);
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
      for (const text of [
        'resolve',
        'evaluate',
        'health',
        '--pod-ttl=DURATION (default 30m)',
        '--plaintext-fallback',
      ]) {
        expect(stdout).to.include(text);
      }
    });
  }

  for (const args of [
    ['help', 'resolve'],
    ['resolve', '--help'],
    ['resolve', 'nginx', '-h'],
  ]) {
    it(`${JSON.stringify(args)} shows the flags of resolve`, async () => {
      const { exitCode, stdout } = await functionRunner(args);
      expect(exitCode).to.equal(0);
      expect(stdout).to.include('Usage: function-runner resolve IMAGE [flags]').and.include('--output=text|json');
    });
  }

  it('is not meant by a key=value or an argument after --', async () => {
    const { exitCode, stderr } = await functionRunner(['resolve', '--', '--help']);
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('--help');
  });

  it('version prints the version of the package', async () => {
    const { exitCode, stdout } = await functionRunner(['version']);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});
