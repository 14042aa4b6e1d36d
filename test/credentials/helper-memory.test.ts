import { expect } from 'chai';
import type { Candidate } from '../../src/credentials/candidate.ts';
import type { CredentialSource } from '../../src/credentials/credential-source.ts';
import { parseReference } from '../../src/image/reference.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { answering, helperPrograms, type HelperPrograms } from './helper-programs.ts';
import { helperSource, textsOf } from './helper-source.ts';

const secret = 'zUg-41/secret-of-a-helper';
const notFound = 'echo "credentials not found in native keychain"; exit 1';
const login = `user / ${secret}`;

describe('credential helpers, as to their answers,', () => {
  let programs: HelperPrograms;
  let clock: ManualClock;
  let lines: string[];

  beforeEach(async () => {
    programs = await helperPrograms({ good: answering('user', secret) });
    clock = new ManualClock();
    lines = [];
  });

  afterEach(async () => {
    expect(lines.join('\n')).to.not.include(secret);
    await programs.remove();
  });

  function sourceOf(name: string): CredentialSource {
    return helperSource({ credHelpers: { 'reg.io': name } }, { programs, clock, lines });
  }

  async function shown(source: CredentialSource): Promise<readonly unknown[]> {
    return textsOf(await source.lookup(parseReference('reg.io/x')));
  }

  it('[CH11] [CH13] are asked once by all at the same time, then not for five minutes', async () => {
    const source = sourceOf('good');
    await Promise.all(Array.from({ length: 20 }, async () => shown(source)));
    clock.advance(5 * 60_000 - 1);
    await shown(source);
    expect(await programs.log('good')).to.equal('get reg.io\n');
    clock.advance(1);
    await shown(source);
    expect(await programs.log('good')).to.equal('get reg.io\n'.repeat(2));
  });

  it('[CH11] [CH13] that fail are asked again after five seconds', async () => {
    const source = sourceOf('late');
    expect(await shown(source)).to.deep.equal(['there is no such program on the PATH']);
    await programs.write('late', answering('user', secret));
    clock.advance(4_999);
    expect(await shown(source)).to.deep.equal(['there is no such program on the PATH']);
    clock.advance(1);
    expect(await shown(source)).to.deep.equal([login]);
    expect(lines.filter((line) => line.includes('credential helper failed'))).to.have.lengthOf(1);
  });

  it('[CH13] that fail after they gave a login are stood in for by it, for an hour', async () => {
    const source = sourceOf('good');
    await shown(source);
    await programs.write('good', 'exit 1');
    clock.advance(30 * 60_000);
    expect(await shown(source)).to.deep.equal([login]);
    clock.advance(30 * 60_000);
    expect(await shown(source)).to.deep.equal(['it ended with exit code 1']);
  });

  const remembered: readonly { readonly what: string; readonly script: string; readonly gives: unknown }[] = [
    { what: 'a login', script: answering('user', secret), gives: login },
    { what: 'that they have none', script: `echo >> "$log"; ${notFound}`, gives: 'anonymous' },
    { what: 'nothing but failures', script: 'echo >> "$log"; exit 7', gives: 'it ended with exit code 7' },
  ];
  for (const { what, script, gives } of remembered)
    it(`[CH13] are not run for what is to be remembered only, where that is ${what}`, async () => {
      await programs.write('one', script);
      const source = sourceOf('one');
      await shown(source);
      await programs.write('one', 'echo >> "$log"; exit 1');
      for (const isOld of [false, true]) {
        const found = await source.lookup(parseReference('reg.io/x'), { remembered: true });
        expect(textsOf(found)).to.deep.equal([gives]);
        expect(found).to.include({ isOld });
        clock.advance(2 * 60 * 60_000);
      }
      expect((await programs.log('one')).trimEnd().split('\n')).to.have.lengthOf(1);
      await shown(source);
      const last = await source.lookup(parseReference('reg.io/x'), { remembered: true });
      expect(textsOf(last)).to.deep.equal(what === 'a login' ? [login] : ['it ended with exit code 1']);
    });

  it('[CH13] are asked again once their login was refused, however many say so of the old one', async () => {
    const source = sourceOf('good');
    const before = await firstLogin(source);
    await programs.write('good', answering('user', 'renewed'));
    before.issued?.refused();
    expect(await shown(source)).to.deep.equal(['user / renewed']);
    before.issued?.refused();
    await programs.write('good', 'exit 1');
    expect(await shown(source)).to.deep.equal(['user / renewed']);
  });
});

async function firstLogin(source: CredentialSource): Promise<Extract<Candidate, { kind: 'login' }>> {
  const [candidate] = (await source.lookup(parseReference('reg.io/x'))).candidates;
  if (candidate?.kind !== 'login') throw new Error('the helper gave no login');
  return candidate;
}
