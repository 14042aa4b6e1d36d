import { expect } from 'chai';

import { parseReference } from '../../../src/image/reference.ts';
import { answering } from './provider-programs.ts';
import { ask, configured, login, ProviderStage, secret, shown } from './provider-stage.ts';

const second = 1_000;

describe('image credential providers', () => {
  let stage: ProviderStage;

  beforeEach(async () => {
    stage = await ProviderStage.open();
  });

  afterEach(async () => stage.close());

  it('are asked for an image without its tag, on standard input, with their args and env', async () => {
    await stage.programs.write('one', `echo "$1 $EXTRA $HOME" >> "$log"\n${answering({ auth: login })}`);
    const providers = configured({
      name: 'one',
      matchImages: ['reg.io'],
      args: ['get'],
      env: [{ name: 'EXTRA', value: 'more' }],
    });
    const source = stage.sourceOf(() => providers, {
      environment: { PATH: '/usr/bin:/bin', HOME: '/h', EXTRA: 'less' },
    });
    expect(shown(await ask(source, 'reg.io/team/fn:v1'))).to.deep.equal([`robot / ${secret}`]);
    expect(await stage.programs.log('one')).to.equal(
      'get more /h\n{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"reg.io/team/fn"}\n',
    );
  });

  it('are not asked for images that they do not match', async () => {
    const source = await stage.one({ auth: login });
    expect(await ask(source, 'reg.example.com/fn')).to.deep.equal([]);
    expect(await stage.programs.asked('one')).to.deep.equal([]);
  });

  it('give a login that says whose it is, until when, and for which key, and shows nothing', async () => {
    const source = await stage.one({ auth: login, cacheDuration: '20s' });
    const [candidate] = await ask(source, 'reg.io/fn');
    expect(candidate).to.deep.include({ kind: 'login', key: 'image credential provider one for *.io' });
    expect(candidate?.kind === 'login' ? candidate.issued : undefined).to.deep.include({
      scope: 'provider one Registry reg.io *.io',
      server: '*.io',
      expiresAtMs: stage.clock.now() + 20 * second,
    });
    expect(JSON.stringify(candidate)).to.not.include(secret);
  });

  it('are run once more for a login that was refused, and not at once again when it is the same', async () => {
    const source = await stage.one({ auth: login });
    const refuse = async (): Promise<void> => {
      const [candidate] = await ask(source, 'a.io/x');
      if (candidate?.kind === 'login') candidate.issued?.refused();
    };
    for (let call = 0; call < 5; call += 1) await refuse();
    expect(await stage.programs.asked('one')).to.have.lengthOf(2);
    await stage.programs.write('one', answering({ auth: { '*.io': ['robot', `${secret}-new`] } }));
    stage.clock.advance(60 * second);
    await refuse();
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}-new`]);
  });

  it('are not run again for the refusal of a login that has been replaced since', async () => {
    const source = await stage.one({ auth: login, cacheDuration: '10s' });
    const [old] = await ask(source, 'a.io/x');
    stage.clock.advance(9 * second);
    await ask(source, 'a.io/x');
    if (old?.kind === 'login') old.issued?.refused();
    await ask(source, 'a.io/x');
    expect(await stage.programs.asked('one')).to.have.lengthOf(2);
  });

  it('give the login of the most particular key first, of equals that of the earlier provider, and failures last', async () => {
    await stage.programs.write('one', answering({ auth: { '*.io': ['one', 'glob'], 'a.io/team': ['one', 'path'] } }));
    await stage.programs.write(
      'two',
      answering({ auth: { 'a.io/team': ['two', 'path'], 'a.io': ['two', 'host'], 'b.io': ['two', 'no'] } }),
    );
    await stage.programs.write('three', 'exit 1');
    const providers = configured(...['three', 'one', 'two'].map((name) => ({ name, matchImages: ['a.io'] })));
    expect(
      shown(
        await ask(
          stage.sourceOf(() => providers),
          'a.io/team/fn',
        ),
      ),
    ).to.deep.equal(['one / path', 'two / path', 'two / host', 'one / glob', 'it ended with exit code 1']);
  });

  it('keep what they know when the file is replaced and they are the same in it', async () => {
    const first = { name: 'one', matchImages: ['a.io'] };
    await stage.programs.write('one', answering({ auth: { 'a.io': ['u', secret] } }));
    await stage.programs.write('two', answering({ auth: { 'a.io': ['two', secret] } }));
    let providers = configured(first);
    const source = stage.sourceOf(() => providers);
    await ask(source, 'a.io/x');
    providers = configured({ name: 'two', matchImages: ['a.io'] }, first);
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`two / ${secret}`, `u / ${secret}`]);
    expect(await stage.programs.asked('one')).to.have.lengthOf(1);
    providers = configured({ ...first, args: ['other'] });
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`u / ${secret}`]);
    expect(await stage.programs.asked('one')).to.have.lengthOf(2);
  });

  it('that take too long or write too much have failed', async () => {
    await stage.programs.write('one', 'sleep 30');
    await stage.programs.write('two', 'head -c 70000 /dev/zero');
    const providers = configured(...['one', 'two'].map((name) => ({ name, matchImages: ['a.io'] })));
    const source = stage.sourceOf(() => providers, { timeoutMs: 300 });
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([
      'it took longer than 300 ms',
      'it wrote more than 65536 bytes',
    ]);
  });

  it('are ended when the caller gives up, which is no answer of theirs', async () => {
    const source = await stage.one({ auth: login });
    await stage.programs.write('one', 'sleep 30');
    const reason = new Error('gone');
    const controller = new AbortController();
    const asking = source
      .candidatesFor(parseReference('a.io/x'), { signal: controller.signal, remembered: false })
      .catch((error: unknown) => error);
    controller.abort(reason);
    expect(await asking).to.equal(reason);
    await stage.programs.write('one', answering({ auth: login }));
    expect(shown(await ask(source, 'a.io/x'))).to.deep.equal([`robot / ${secret}`]);
  });
});
