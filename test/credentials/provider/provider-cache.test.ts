import { expect } from 'chai';
import type { CredentialProviders } from '../../../src/credentials/provider/credential-providers.ts';
import { parseReference } from '../../../src/image/reference.ts';

import type { Answer } from './provider-programs.ts';
import { ask, login, ProviderStage, secret, shown } from './provider-stage.ts';

const second = 1_000;

describe('image credential providers, as to their answers,', () => {
  let stage: ProviderStage;

  beforeEach(async () => {
    stage = await ProviderStage.open();
  });

  afterEach(async () => stage.close());

  interface CacheRow {
    readonly what: string;
    readonly answer: Answer;
    readonly defaultCacheDuration?: string;
    readonly images: readonly string[];
    readonly asked: readonly string[];
  }

  const images = ['a.io/x:v1', 'a.io/x:v2', 'a.io/y', 'b.io/x', 'a.io:5000/x'];
  const each = images.map((image) => image.replace(/:v\d/, ''));
  const cacheRows: readonly CacheRow[] = [
    {
      what: 'each image, whatever its tag',
      answer: { cacheKeyType: 'Image' },
      images,
      asked: ['a.io/x', 'a.io/y', 'b.io/x', 'a.io:5000/x'],
    },
    {
      what: 'each registry, a host with its port',
      answer: { cacheKeyType: 'Registry' },
      images,
      asked: ['a.io/x', 'b.io/x', 'a.io:5000/x'],
    },
    { what: 'all images', answer: { cacheKeyType: 'Global' }, images, asked: ['a.io/x'] },
    { what: 'each question, where the answer has no life', answer: { cacheDuration: '0s' }, images, asked: each },
    {
      what: 'each question, where the answer does not say and the configuration says 0',
      answer: {},
      defaultCacheDuration: '0s',
      images,
      asked: each,
    },
    {
      what: 'each registry, where the answer says how long and the configuration says 0',
      answer: { cacheDuration: '1m' },
      defaultCacheDuration: '0s',
      images,
      asked: ['a.io/x', 'b.io/x', 'a.io:5000/x'],
    },
  ];
  for (const { what, answer, defaultCacheDuration = '10m', images: names, asked } of cacheRows) {
    it(`are run once for ${what}`, async () => {
      const source = await stage.one(
        { ...answer, auth: { '*.io': ['r', secret], '*.io:5000': ['r', secret] } },
        { defaultCacheDuration },
      );
      for (const image of names) expect(shown(await ask(source, image)), image).to.deep.equal([`r / ${secret}`]);
      expect(await stage.programs.asked('one')).to.deep.equal(asked);
    });
  }

  it('are asked anew after four fifths of what the answer says, or else the configuration', async () => {
    for (const [answer, lifeSeconds] of [
      [{ cacheDuration: '20s' }, 20],
      [{}, 600],
    ] as const) {
      const source = await stage.one({ auth: login, ...answer });
      const before = (await stage.programs.asked('one')).length;
      await ask(source, 'a.io/x');
      stage.clock.advance(lifeSeconds * 800 - 1);
      await ask(source, 'a.io/x');
      expect(await stage.programs.asked('one')).to.have.lengthOf(before + 1);
      stage.clock.advance(1);
      await ask(source, 'a.io/x');
      await ask(source, 'a.io/x');
      expect(await stage.programs.asked('one')).to.have.lengthOf(before + 2);
    }
  });

  it('that cannot renew a login are stood in for by the old one to its end, and no further', async () => {
    const source = await stage.one({ auth: login, cacheDuration: '20s' });
    await ask(source, 'a.io/x');
    await stage.programs.write('one', 'echo run >> "$log"; exit 9');
    stage.clock.advance(16 * second);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}`]);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}`]);
    expect(await stage.programs.log('one')).to.match(/}\nrun\n$/);
    stage.clock.advance(4 * second);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal(['it ended with exit code 9']);
    expect(stage.lines.join('\n')).to.include('image credential provider failed');
  });

  for (const cacheDuration of ['0s', '20s']) {
    it(`are not run for what is to be remembered only, after ${cacheDuration} of life and while they fail`, async () => {
      const source = await stage.one({ auth: login, cacheDuration });
      expect(await isOld(source, 'a.io/x')).to.equal(false);
      await stage.programs.write('one', 'echo run >> "$log"; exit 9');
      stage.clock.advance(20 * second);
      for (let call = 0; call < 2; call += 1) {
        const remembered = await ask(source, 'a.io/y', true);
        expect(shown(remembered)).to.deep.equal([`robot / ${secret}`]);
        expect(await isOld(source, 'a.io/y')).to.equal(true);
        expect(shown(await ask(source, 'a.io/x'))).to.deep.equal(['it ended with exit code 9']);
      }
      expect((await stage.programs.log('one')).match(/run/g)).to.have.lengthOf(1);
    });
  }

  it('are not run for what is to be remembered only, where they have failed and nothing else', async () => {
    const source = await stage.one({});
    await stage.programs.write('one', 'echo run >> "$log"; exit 9');
    for (const waitMs of [0, 5_000, 60 * second]) {
      stage.clock.advance(waitMs);
      expect(shown(await ask(source, 'a.io/x', true))).to.deep.equal(['it ended with exit code 9']);
      expect(await isOld(source, 'a.io/x')).to.equal(waitMs > 0);
    }
    expect((await stage.programs.log('one')).match(/run/g)).to.have.lengthOf(1);
  });

  it('that fail are asked again after five seconds', async () => {
    const source = await stage.one({});
    await stage.programs.write('one', 'cat >> "$log"; exit 9');
    for (const waitMs of [0, 4_999, 1]) {
      stage.clock.advance(waitMs);
      expect(shown(await ask(source, 'a.io/x'))).to.deep.equal(['it ended with exit code 9']);
    }
    expect(await stage.programs.asked('one')).to.have.lengthOf(2);
  });

  it('are run once for all who ask at the same time for what one answer covers', async () => {
    for (const [cacheKeyType, runs] of [
      ['Global', 1],
      ['Registry', 2],
      ['Image', 4],
    ] as const) {
      const source = await stage.one({ cacheKeyType, auth: login });
      const before = (await stage.programs.asked('one')).length;
      const names = ['a.io/x', 'a.io/x', 'a.io/y', 'b.io/x', 'b.io/x', 'b.io/y'];
      const answers = await Promise.all(names.map(async (image) => ask(source, image)));
      for (const answer of answers) expect(shown(answer)).to.deep.equal([`robot / ${secret}`]);
      expect((await stage.programs.asked('one')).length - before, cacheKeyType).to.equal(runs);
    }
  });
});

async function isOld(source: CredentialProviders, image: string): Promise<boolean> {
  return (await source.candidatesFor(parseReference(image), { signal: undefined, remembered: true })).isOld;
}
