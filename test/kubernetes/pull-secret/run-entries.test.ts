import { expect } from 'chai';
import { parseReference } from '../../../src/image/reference.ts';
import { RunRegistries } from '../../../src/image/run-registries.ts';
import { NodeConfig } from '../../../src/kubernetes/pull-secret/node-config.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const login = (user: string): { readonly auth: string } => ({ auth: base64(`${user}:pw`) });
const { pairs } = RunRegistries.parse(['registry.fns.svc:5000=localhost:32000', 'a.io=b.io']);
const parse = (auths: Readonly<Record<string, unknown>>): NodeConfig =>
  NodeConfig.parse(Buffer.from(JSON.stringify({ auths })), 'f', pairs);
const authsOf = (config: NodeConfig): unknown => JSON.parse(config.whole.bytes.reveal().toString());

interface Row {
  readonly title: string;
  readonly given: Readonly<Record<string, unknown>>;
  /** Beside what is given. */
  readonly more: Readonly<Record<string, unknown>>;
}

const rows: readonly Row[] = [
  {
    title: 'a registry is under both addresses',
    given: { 'registry.fns.svc:5000': login('ada') },
    more: { 'localhost:32000': login('ada') },
  },
  {
    title: 'a path stays with its address, and a scheme says nothing',
    given: { 'https://registry.fns.svc:5000/v2/team': login('ada'), 'registry.fns.svc:5000': login('eve') },
    more: { 'localhost:32000/team': login('ada'), 'localhost:32000': login('eve') },
  },
  {
    title: 'a pattern counts where nothing more particular does',
    given: { '*.fns.svc:5000': login('eve'), 'registry.fns.svc:5000': login('ada') },
    more: { 'localhost:32000': login('ada') },
  },
  {
    title: 'a pattern is enough',
    given: { '*.fns.svc:5000': login('eve') },
    more: { 'localhost:32000': login('eve') },
  },
  {
    title: 'what is there for the other address stays as it is',
    given: { 'registry.fns.svc:5000': login('ada'), 'http://localhost:32000': login('node') },
    more: {},
  },
  { title: 'another port is another registry', given: { 'registry.fns.svc': login('ada') }, more: {} },
  { title: 'the way back is none', given: { 'b.io': login('ada') }, more: {} },
  {
    title: 'several registries have several addresses',
    given: { 'registry.fns.svc:5000': login('ada'), 'a.io': login('bob') },
    more: { 'localhost:32000': login('ada'), 'b.io': login('bob') },
  },
];

describe('credentials for nodes that reach a registry under another address', () => {
  for (const { title, given, more } of rows) {
    it(title, () => {
      expect(authsOf(parse(given))).to.deep.equal({ auths: { ...given, ...more } });
    });
  }

  it('are not made of an entry that is left out', () => {
    const config = parse({ 'registry.fns.svc:5000': { auth: '%%%' }, 'c.io': login('ada') });
    expect(authsOf(config)).to.deep.equal({ auths: { 'c.io': login('ada') } });
    expect(config.warnings).to.have.length(1);
  });

  it('are the very bytes of a file that says nothing of such a registry', () => {
    const bytes = Buffer.from(JSON.stringify({ auths: { 'c.io': login('ada') } }, undefined, 3));
    expect(NodeConfig.parse(bytes, 'f', pairs).whole.bytes.reveal().equals(bytes)).to.equal(true);
  });

  it('are the part of a pod by the address that its node pulls from', () => {
    const config = parse({ 'registry.fns.svc:5000': login('ada'), 'c.io': login('eve') });
    const keys = config.keysFor([parseReference('localhost:32000/fn')]);
    expect(keys).to.deep.equal(['localhost:32000']);
    const part = config.part(keys);
    expect(part?.bytes.reveal().toString()).to.equal(JSON.stringify({ auths: { 'localhost:32000': login('ada') } }));
    expect(config.warningsFor(parseReference('localhost:32000/fn'))).to.deep.equal([]);
  });

  it('are warned of where the node could not use them', () => {
    const config = parse({ 'registry.fns.svc:5000': { identitytoken: 'x' } });
    expect(config.warningsFor(parseReference('localhost:32000/fn')).join()).to.include('an identity token');
  });
});
