import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { anonymous } from '../../src/credentials/candidate.ts';
import type { CredentialSource } from '../../src/credentials/credential-source.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import type { Lookup } from '../../src/credentials/keyring.ts';
import { parseReference } from '../../src/image/reference.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { answering, helperPrograms, type HelperPrograms } from './helper-programs.ts';
import { helperSource, type HelperSourceOptions, textsOf } from './helper-source.ts';
import { parseText } from './keyring-with.ts';

const secret = 'zUg-41/secret-of-a-helper';
const notFound = 'echo "credentials not found in native keychain"; exit 1';
const auth = Buffer.from('file:entry').toString('base64');

const putOnPath = 'Put docker-credential-absent on the PATH of the runner, or take absent out of the docker config.';

describe('credential helpers', () => {
  let programs: HelperPrograms;
  let clock: ManualClock;
  let lines: string[];

  beforeEach(async () => {
    programs = await helperPrograms({ good: answering('user', secret), none: notFound });
    clock = new ManualClock();
    lines = [];
  });

  afterEach(async () => {
    expect(lines.join('\n')).to.not.include(secret);
    await programs.remove();
  });

  function sourceOf(config: unknown, options: HelperSourceOptions = {}): CredentialSource {
    return helperSource(config, { programs, clock, lines }, options);
  }

  async function shown(source: CredentialSource, image = 'reg.io/x'): Promise<readonly unknown[]> {
    return textsOf(await source.lookup(parseReference(image)));
  }

  const forReg = (name: string): unknown => ({ credHelpers: { 'reg.io': name } });
  const login = `user / ${secret}`;

  it('[CH1] [CH2] [CH3] [CH13] are run with "get" and the bare server on stdin, and answer with a login', async () => {
    expect(await shown(sourceOf(forReg('good')))).to.deep.equal([login]);
    expect(await programs.log('good')).to.equal('get reg.io\n');
    await programs.write('count', `wc -c > "$log"; ${notFound}`);
    await shown(sourceOf({ credHelpers: { 'reg.io:5000': 'count' } }), 'reg.io:5000/x');
    expect((await programs.log('count')).trim()).to.equal('11');
  });

  const answers: readonly { readonly row: string; readonly script: string; readonly gives: unknown }[] = [
    { row: 'CH4', script: notFound, gives: 'anonymous' },
    {
      row: 'CH5',
      script: 'echo "no credentials username"; exit 1',
      gives: 'it says: no credentials username',
    },
    { row: 'CH5', script: `echo "${secret}"; echo "${secret}" >&2; exit 3`, gives: 'it ended with exit code 3' },
    { row: 'CH5', script: 'kill -9 $$', gives: 'it was killed' },
    { row: 'CH6', script: answering('<token>', 'abc'), gives: { identityToken: 'abc', fallback: undefined } },
    { row: 'CH3', script: answering('', ''), gives: 'anonymous' },
    { row: 'CH3', script: `echo '${secret}'`, gives: 'its answer is not valid JSON' },
    { row: 'CH3', script: `echo '["${secret}"]'`, gives: 'its answer is not a JSON object' },
    {
      row: 'CH3',
      script: `echo '{"Username":1,"Secret":"${secret}"}'`,
      gives: 'in its answer, username is not a text',
    },
    { row: 'CH3', script: answering('u', `${secret}\0`), gives: 'in its answer, password holds a NUL' },
    { row: 'CH13', script: 'head -c 65537 /dev/zero', gives: 'it wrote more than 65536 bytes' },
  ];
  for (const { row, script, gives } of answers) {
    it(`[${row}] that say ${JSON.stringify(script.slice(0, 60))} give ${JSON.stringify(gives)}`, async () => {
      await programs.write('one', script);
      expect(await shown(sourceOf(forReg('one')))).to.deep.equal([gives]);
    });
  }

  it('[CH10] that are not there make what they should have said unusable, and nothing else', async () => {
    const source = sourceOf({ auths: { 'other.io': { auth } }, ...Object(forReg('absent')) });
    expect(await shown(source)).to.deep.equal(['there is no such program on the PATH']);
    const [candidate] = (await source.lookup(parseReference('reg.io/x'))).candidates;
    expect(candidate).to.include({ kind: 'broken', hint: putOnPath });
    expect(await shown(source, 'other.io/x')).to.deep.equal(['file / entry']);
    expect(await shown(source, 'third.io/x')).to.deep.equal(['anonymous']);
  });

  it('[CH10] a store that is not there is missing where a registry refuses, and hinders nothing else', async () => {
    const lookup = await sourceOf({ credsStore: 'absent' }).lookup(parseReference('reg.io/x'));
    expect(lookup.candidates).to.deep.equal([anonymous]);
    expect(lookup.missing?.map(({ problem }) => problem)).to.deep.equal([
      'docker-credential-absent for reg.io: there is no such program on the PATH',
    ]);
    expect(lookup.missing?.map(({ hint }) => hint)).to.deep.equal([putOnPath]);
  });

  for (const name of ['../good', 'good;id', 'Good', 'good.exe', '/bin/sh', 'a b', 'good\n', '$(id)', 'ä'])
    it(`[CH13] named ${JSON.stringify(name)} are not run`, async () => {
      const [reason] = await shown(sourceOf(forReg(name)));
      expect(reason).to.equal('the name of a credential helper may hold a-z, 0-9 and - only');
      expect(await programs.log('good')).to.equal('');
    });

  const orders: readonly { readonly what: string; readonly config: unknown; readonly gives: readonly unknown[] }[] = [
    {
      what: 'credHelpers before credsStore and auths',
      config: { auths: { 'reg.io': { auth } }, credsStore: 'none', ...Object(forReg('good')) },
      gives: [login, 'file / entry'],
    },
    {
      what: 'auths where the helper has nothing',
      config: { auths: { 'reg.io': { auth } }, ...Object(forReg('none')) },
      gives: ['file / entry'],
    },
    { what: 'credsStore where nothing else matches', config: { credsStore: 'good' }, gives: [login] },
    {
      what: 'credsStore beside an entry that docker login left empty',
      config: { auths: { 'reg.io': {} }, credsStore: 'good' },
      gives: [login],
    },
    {
      what: 'auths before credsStore',
      config: { auths: { 'reg.io': { auth } }, credsStore: 'good' },
      gives: ['file / entry'],
    },
    {
      what: 'no credsStore where credHelpers is empty',
      config: { credsStore: 'good', ...Object(forReg('')) },
      gives: ['anonymous'],
    },
    { what: 'nobody for another port', config: { credHelpers: { 'reg.io:5000': 'good' } }, gives: ['anonymous'] },
    {
      what: 'the same host in another case',
      config: { credhelpers: { 'https://REG.io/v1/': 'good' } },
      gives: [login],
    },
  ];
  for (const { what, config, gives } of orders) {
    it(`[CH8] [CH13] are asked in this order: ${what}`, async () => {
      expect(await shown(sourceOf(config))).to.deep.equal(gives);
    });
  }

  for (const key of ['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io'])
    it(`[CH9] of ${key} know Docker Hub by its old address`, async () => {
      expect(await shown(sourceOf({ credHelpers: { [key]: 'good' } }), 'ubuntu')).to.deep.equal([login]);
      expect(await programs.log('good')).to.equal('get https://index.docker.io/v1/\n');
    });

  for (const [what, config] of Object.entries({
    'a list of helpers': { credHelpers: ['x'] },
    'a helper that is no text': { credHelpers: { 'reg.io': 1 } },
    'a store that is no text': { credsStore: {} },
  }))
    it(`[CH13] are refused as a whole when the file has ${what}`, () => {
      expect(() => Keyring.parse(Buffer.from(JSON.stringify(config)), 'f')).to.throw(RunnerError, /^f: .* is not /);
    });

  it('[CH13] for patterns and paths are skipped with a warning', () => {
    const { warnings } = parseText('{"credHelpers":{"*.io":"good","reg.io/team":"good"}}');
    expect(warnings.filter((warning) => warning.includes('skipped'))).to.have.lengthOf(2);
  });

  it('[CH12] [CH13] give a login that tells where it comes from, without showing it', async () => {
    const found: Lookup = await sourceOf(forReg('good')).lookup(parseReference('reg.io/x'));
    const [first] = found.candidates;
    expect(first?.kind === 'login' && [first.key, first.issued?.scope, first.issued?.server]).to.deep.equal([
      'docker-credential-good for reg.io',
      'helper good reg.io',
      'reg.io',
    ]);
    expect(JSON.stringify(found)).to.not.include(secret);
  });

  it('[CH13] get the environment that they need and none of our secrets', async () => {
    await programs.write('env', `env > "$log"; ${notFound}`);
    const environment = {
      HOME: '/home/us',
      AWS_REGION: 'eu',
      GNUPGHOME: '/gpg',
      MY_PASSWORD: secret,
      NODE_OPTIONS: '',
    };
    await shown(sourceOf(forReg('env'), { environment }));
    const names = (await programs.log('env')).split('\n').map((line) => line.split('=')[0]);
    expect(names).to.include.members(['PATH', 'HOME', 'AWS_REGION', 'GNUPGHOME']);
    expect(names).to.not.include('MY_PASSWORD').and.to.not.include('NODE_OPTIONS');
  });

  it('[CH13] that take too long are ended with all that they started', async () => {
    await programs.write('slow', 'sleep 300 & echo $! $$ > "$log"; wait');
    const reasons = await shown(sourceOf(forReg('slow'), { timeoutMs: 1_500 }));
    expect(reasons).to.deep.equal(['it took longer than 1500 ms']);
    const pids = (await programs.log('slow')).trim().split(' ').map(Number);
    expect(pids).to.have.lengthOf(2);
    await Promise.all(pids.map(async (pid) => ended(pid)));
  });

  it('[CH13] are ended when the caller gives up, which is no answer of theirs', async () => {
    await programs.write('slow', 'echo $$ > "$log"; exec sleep 300');
    const source = sourceOf(forReg('slow'));
    const caller = new AbortController();
    const asked = source.lookup(parseReference('reg.io/x'), { signal: caller.signal });
    while ((await programs.log('slow')) === '') await pause();
    caller.abort(new RunnerError('CANCELLED', 'enough'));
    const error = await asked.then(String, (thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'CANCELLED');
    await ended(Number(await programs.log('slow')));
    await programs.write('slow', answering('user', secret));
    expect(await shown(source)).to.deep.equal([login]);
  });

  it('[CH13] run eight at a time, the others after them', async () => {
    await programs.write('busy', `echo start >> "$log"; sleep 0.2; echo end >> "$log"; ${notFound}`);
    const source = sourceOf({ credsStore: 'busy' });
    await Promise.all(Array.from({ length: 20 }, async (_, at) => shown(source, `r${String(at)}.io/x`)));
    let running = 0;
    const counts = (await programs.log('busy'))
      .trim()
      .split('\n')
      .map((line) => (running += line === 'start' ? 1 : -1));
    expect(counts).to.have.lengthOf(40);
    expect(Math.max(...counts)).to.be.at.most(8);
  });
});

/** Resolves once no such process runs; the test's own time limit bounds it. */
async function ended(pid: number): Promise<void> {
  while (await isRunning(pid)) await pause();
}

/** A process that nobody has waited for yet has ended all the same. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
