import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { InsecureRegistries } from '../../src/registry/trust/hosts.ts';

const cases = [
  { list: '', authority: 'registry.example', matches: false },
  { list: ' , registry.example ,', authority: 'registry.example:5000', matches: true },
  { list: 'REGISTRY.example', authority: 'registry.EXAMPLE', matches: true },
  { list: 'registry.example:5000', authority: 'registry.example:5000', matches: true },
  { list: 'registry.example:5000', authority: 'registry.example', matches: false },
  { list: 'registry.example:443', authority: 'registry.example', matches: true },
  { list: 'registry.example', authority: 'registry.example.evil.com', matches: false },
  { list: '*.example', authority: 'registry.example', matches: true },
  { list: '*.example', authority: 'example', matches: false },
  { list: '*.example', authority: 'a.b.example', matches: false },
  { list: 'reg-*.example:5000', authority: 'reg-eu.example:5000', matches: true },
  { list: '10.0.0.0/8', authority: '10.1.2.3:5000', matches: true },
  { list: '10.0.0.0/8', authority: '11.1.2.3', matches: false },
  { list: '10.0.0.0/8', authority: '[::ffff:10.1.2.3]:5000', matches: true },
  { list: '10.0.0.0/8', authority: 'registry.example', dialled: '10.1.2.3', matches: true },
  { list: '10.0.0.0/8', authority: 'registry.example', dialled: '192.0.2.1', matches: false },
  { list: '10.1.2.3', authority: 'registry.example', dialled: '10.1.2.3', matches: false },
  { list: 'fd00::/8', authority: '[fd00::1]:5000', matches: true },
  { list: '::1', authority: '[::1]:5000', matches: true },
  { list: '[::1]:5000', authority: '[0:0:0:0:0:0:0:1]:5000', matches: true },
  { list: '[::1]:5001', authority: '[::1]:5000', matches: false },
];

describe('--insecure-registries', () => {
  for (const { list, authority, dialled, matches } of cases) {
    const at = dialled === undefined ? '' : ` dialled at ${dialled}`;
    it(`"${list}" ${matches ? 'names' : 'does not name'} ${authority}${at}`, () => {
      expect(InsecureRegistries.parse(list).matches(authority, dialled)).to.equal(matches);
    });
  }

  for (const list of ['*', 'ok,*', '*:5000', '**']) {
    it(`refuses the lone star of "${list}", which would not name every host, and says what to write`, () => {
      expect(() => InsecureRegistries.parse(list))
        .to.throw(RunnerError, /\*\.example\.com/)
        .with.property('code', 'CFG_OPTION');
    });
  }

  it('refuses a label that no host can have, rather than leave it out', () => {
    const label = 'x'.repeat(300);
    expect(() => InsecureRegistries.parse(`${label}.example`)).to.throw(RunnerError, /is no host name/);
  });

  it('says of every wrong entry what is wrong', () => {
    const parse = (): InsecureRegistries => InsecureRegistries.parse('ok,http://a,b/c,d:0,e:70000,f_g!,10.0.0.0/33');
    expect(parse)
      .to.throw(RunnerError, /--insecure-registries/)
      .with.property('code', 'CFG_OPTION');
    for (const text of ['http://a', 'b/c', 'd:0', 'e:70000', 'f_g!', '10.0.0.0/33'])
      expect(parse).to.throw(`"${text}"`);
    expect(parse).to.not.throw('"ok"');
  });
});
