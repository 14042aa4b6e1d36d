import { expect } from 'chai';
import { parseDuration } from '../../../src/config/duration.ts';
import { noCounters } from '../../../src/core/counters.ts';
import type { Candidate } from '../../../src/credentials/candidate.ts';
import { ProgramTurns } from '../../../src/credentials/program/program-turns.ts';
import { CredentialProviders } from '../../../src/credentials/provider/credential-providers.ts';
import { parseProviderConfig } from '../../../src/credentials/provider/provider-config.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { createJsonLog } from '../../../src/observe/json-log.ts';
import { ManualClock } from '../../resolver/manual-clock.ts';
import { openly } from '../keyring-with.ts';
import {
  type Answer,
  answering,
  type ConfiguredProvider,
  providerConfig,
  type ProviderPrograms,
  providerPrograms,
} from './provider-programs.ts';

const secret = 'zUg-41/secret-of-a-provider';
const second = 1_000;

describe('image credential providers', () => {
  let programs: ProviderPrograms;
  let clock: ManualClock;
  let lines: string[];

  beforeEach(async () => {
    programs = await providerPrograms();
    clock = new ManualClock();
    lines = [];
  });

  afterEach(async () => {
    expect(lines.join('\n')).to.not.include(secret);
    await programs.remove();
  });

  function configured(...providers: readonly ConfiguredProvider[]): ReturnType<typeof parseProviderConfig> {
    return parseProviderConfig(Buffer.from(providerConfig(...providers)), { file: 'providers.json', parseDuration });
  }

  function sourceOf(
    providers: () => ReturnType<typeof parseProviderConfig>,
    options: { readonly environment?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
  ): CredentialProviders {
    return new CredentialProviders(
      { current: async () => Promise.resolve(providers()) },
      {
        binDir: programs.folder,
        environment: { PATH: '/usr/bin:/bin' },
        turns: new ProgramTurns(8),
        parseDuration,
        clock,
        log: createJsonLog({ write: (line) => lines.push(line) }, 5),
        counters: noCounters,
        ...options,
      },
    );
  }

  async function one(answer: Answer, provider: Partial<ConfiguredProvider> = {}): Promise<CredentialProviders> {
    await programs.write('one', answering(answer));
    const providers = configured({ name: 'one', matchImages: ['*.io', '*.io:5000'], ...provider });
    return sourceOf(() => providers);
  }

  async function ask(source: CredentialProviders, image: string, remembered = false): Promise<readonly Candidate[]> {
    return source.candidatesFor(parseReference(image), { signal: undefined, remembered });
  }

  function isOld(candidates: readonly Candidate[]): readonly unknown[] {
    return candidates.map((candidate) => candidate.kind === 'login' && candidate.issued?.isOld);
  }

  function shown(candidates: readonly Candidate[]): readonly unknown[] {
    return candidates.map((candidate) => (candidate.kind === 'login' ? openly(candidate.login) : candidate.reason));
  }

  const login: Answer['auth'] = { '*.io': ['robot', secret] };

  it('are asked for an image without its tag, on standard input, with their args and env', async () => {
    await programs.write('one', `echo "$1 $EXTRA $HOME" >> "$log"\n${answering({ auth: login })}`);
    const providers = configured({
      name: 'one',
      matchImages: ['reg.io'],
      args: ['get'],
      env: [{ name: 'EXTRA', value: 'more' }],
    });
    const source = sourceOf(() => providers, { environment: { PATH: '/usr/bin:/bin', HOME: '/h', EXTRA: 'less' } });
    expect(shown(await ask(source, 'reg.io/team/fn:v1'))).to.deep.equal([`robot / ${secret}`]);
    expect(await programs.log('one')).to.equal(
      'get more /h\n{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"reg.io/team/fn"}\n',
    );
  });

  it('are not asked for images that they do not match', async () => {
    const source = await one({ auth: login });
    expect(await ask(source, 'reg.example.com/fn')).to.deep.equal([]);
    expect(await programs.asked('one')).to.deep.equal([]);
  });

  it('give a login that says whose it is, until when, and for which key, and shows nothing', async () => {
    const source = await one({ auth: login, cacheDuration: '20s' });
    const [candidate] = await ask(source, 'reg.io/fn');
    expect(candidate).to.deep.include({ kind: 'login', key: 'image credential provider one for *.io' });
    expect(candidate?.kind === 'login' ? candidate.issued : undefined).to.deep.include({
      scope: 'provider one Registry reg.io *.io',
      server: '*.io',
      expiresAtMs: clock.now() + 20 * second,
    });
    expect(JSON.stringify(candidate)).to.not.include(secret);
  });

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
      const source = await one(
        { ...answer, auth: { '*.io': ['r', secret], '*.io:5000': ['r', secret] } },
        { defaultCacheDuration },
      );
      for (const image of names) expect(shown(await ask(source, image)), image).to.deep.equal([`r / ${secret}`]);
      expect(await programs.asked('one')).to.deep.equal(asked);
    });
  }

  it('are asked anew after four fifths of what the answer says, or else the configuration', async () => {
    for (const [answer, lifeSeconds] of [
      [{ cacheDuration: '20s' }, 20],
      [{}, 600],
    ] as const) {
      const source = await one({ auth: login, ...answer });
      const before = (await programs.asked('one')).length;
      await ask(source, 'a.io/x');
      clock.advance(lifeSeconds * 800 - 1);
      await ask(source, 'a.io/x');
      expect(await programs.asked('one')).to.have.lengthOf(before + 1);
      clock.advance(1);
      await ask(source, 'a.io/x');
      await ask(source, 'a.io/x');
      expect(await programs.asked('one')).to.have.lengthOf(before + 2);
    }
  });

  it('that cannot renew a login are stood in for by the old one to its end, and no further', async () => {
    const source = await one({ auth: login, cacheDuration: '20s' });
    await ask(source, 'a.io/x');
    await programs.write('one', 'echo run >> "$log"; exit 9');
    clock.advance(16 * second);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}`]);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}`]);
    expect(await programs.log('one')).to.match(/}\nrun\n$/);
    clock.advance(4 * second);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal(['it ended with exit code 9']);
    expect(lines.join('\n')).to.include('image credential provider failed');
  });

  for (const cacheDuration of ['0s', '20s']) {
    it(`are not run for what is to be remembered only, after ${cacheDuration} of life and while they fail`, async () => {
      const source = await one({ auth: login, cacheDuration });
      expect(isOld(await ask(source, 'a.io/x', true))).to.deep.equal([false]);
      await programs.write('one', 'echo run >> "$log"; exit 9');
      clock.advance(20 * second);
      for (let call = 0; call < 2; call += 1) {
        const remembered = await ask(source, 'a.io/y', true);
        expect(shown(remembered)).to.deep.equal([`robot / ${secret}`]);
        expect(isOld(remembered)).to.deep.equal([true]);
        expect(shown(await ask(source, 'a.io/x'))).to.deep.equal(['it ended with exit code 9']);
      }
      expect((await programs.log('one')).match(/run/g)).to.have.lengthOf(1);
    });
  }

  it('that fail are asked again after five seconds', async () => {
    const source = await one({});
    await programs.write('one', 'cat >> "$log"; exit 9');
    for (const waitMs of [0, 4_999, 1]) {
      clock.advance(waitMs);
      expect(shown(await ask(source, 'a.io/x'))).to.deep.equal(['it ended with exit code 9']);
    }
    expect(await programs.asked('one')).to.have.lengthOf(2);
  });

  it('are run once for all who ask at the same time for what one answer covers', async () => {
    for (const [cacheKeyType, runs] of [
      ['Global', 1],
      ['Registry', 2],
      ['Image', 4],
    ] as const) {
      const source = await one({ cacheKeyType, auth: login });
      const before = (await programs.asked('one')).length;
      const names = ['a.io/x', 'a.io/x', 'a.io/y', 'b.io/x', 'b.io/x', 'b.io/y'];
      const answers = await Promise.all(names.map(async (image) => ask(source, image)));
      for (const answer of answers) expect(shown(answer)).to.deep.equal([`robot / ${secret}`]);
      expect((await programs.asked('one')).length - before, cacheKeyType).to.equal(runs);
    }
  });

  it('are run once more for a login that was refused, and not at once again when it is the same', async () => {
    const source = await one({ auth: login });
    const refuse = async (): Promise<void> => {
      const [candidate] = await ask(source, 'a.io/x');
      if (candidate?.kind === 'login') candidate.issued?.refused();
    };
    for (let call = 0; call < 5; call += 1) await refuse();
    expect(await programs.asked('one')).to.have.lengthOf(2);
    await programs.write('one', answering({ auth: { '*.io': ['robot', `${secret}-new`] } }));
    clock.advance(60 * second);
    await refuse();
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}-new`]);
  });

  it('are not run again for the refusal of a login that has been replaced since', async () => {
    const source = await one({ auth: login, cacheDuration: '10s' });
    const [old] = await ask(source, 'a.io/x');
    clock.advance(9 * second);
    await ask(source, 'a.io/x');
    if (old?.kind === 'login') old.issued?.refused();
    await ask(source, 'a.io/x');
    expect(await programs.asked('one')).to.have.lengthOf(2);
  });

  it('give the login of the most particular key first, of equals that of the earlier provider, and failures last', async () => {
    await programs.write('one', answering({ auth: { '*.io': ['one', 'glob'], 'a.io/team': ['one', 'path'] } }));
    await programs.write(
      'two',
      answering({ auth: { 'a.io/team': ['two', 'path'], 'a.io': ['two', 'host'], 'b.io': ['two', 'no'] } }),
    );
    await programs.write('three', 'exit 1');
    const providers = configured(...['three', 'one', 'two'].map((name) => ({ name, matchImages: ['a.io'] })));
    expect(
      shown(
        await ask(
          sourceOf(() => providers),
          'a.io/team/fn',
        ),
      ),
    ).to.deep.equal(['one / path', 'two / path', 'two / host', 'one / glob', 'it ended with exit code 1']);
  });

  it('keep what they know when the file is replaced and they are the same in it', async () => {
    const first = { name: 'one', matchImages: ['a.io'] };
    await programs.write('one', answering({ auth: { 'a.io': ['u', secret] } }));
    await programs.write('two', answering({ auth: { 'a.io': ['two', secret] } }));
    let providers = configured(first);
    const source = sourceOf(() => providers);
    await ask(source, 'a.io/x');
    providers = configured({ name: 'two', matchImages: ['a.io'] }, first);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`two / ${secret}`, `u / ${secret}`]);
    expect(await programs.asked('one')).to.have.lengthOf(1);
    providers = configured({ ...first, args: ['other'] });
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`u / ${secret}`]);
    expect(await programs.asked('one')).to.have.lengthOf(2);
  });

  it('that take too long or write too much have failed', async () => {
    await programs.write('one', 'sleep 30');
    await programs.write('two', 'head -c 70000 /dev/zero');
    const providers = configured(...['one', 'two'].map((name) => ({ name, matchImages: ['a.io'] })));
    const source = sourceOf(() => providers, { timeoutMs: 300 });
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([
      'it took longer than 300 ms',
      'it wrote more than 65536 bytes',
    ]);
  });

  it('are ended when the caller gives up, which is no answer of theirs', async () => {
    const source = await one({ auth: login });
    await programs.write('one', 'sleep 30');
    const reason = new Error('gone');
    const controller = new AbortController();
    const asking = source
      .candidatesFor(parseReference('a.io/x'), { signal: controller.signal, remembered: false })
      .catch((error: unknown) => error);
    controller.abort(reason);
    expect(await asking).to.equal(reason);
    await programs.write('one', answering({ auth: login }));
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}`]);
  });
});
