import { expect } from 'chai';
import { parseReference } from '../../../src/image/reference.ts';
import { nodeView } from '../../../src/kubernetes/pull-secret/node-view.ts';

const auth = Buffer.from('ada:secret').toString('base64');
const azure = Buffer.from('00000000-0000-0000-0000-000000000000:').toString('base64');
const login = { auth };

interface Row {
  readonly title: string;
  readonly auths: Readonly<Record<string, unknown>>;
  readonly image: string;
  readonly keys: readonly string[];
}

const rows: readonly Row[] = [
  { title: 'an entry of the host', auths: { 'a.io': login }, image: 'a.io/x', keys: ['a.io'] },
  { title: 'an entry of another host', auths: { 'b.io': login }, image: 'a.io/x', keys: [] },
  { title: 'a pattern', auths: { '*.a.io': login }, image: 'x.a.io/y', keys: ['*.a.io'] },
  { title: 'an entry of another port', auths: { 'a.io:5000': login }, image: 'a.io/x', keys: [] },
  { title: 'a host in capitals', auths: { 'A.io': login }, image: 'a.io/x', keys: [] },
  {
    title: 'a path, which ends nowhere in particular',
    auths: { 'a.io/te': login },
    image: 'a.io/team/x',
    keys: ['a.io/te'],
  },
  {
    title: 'the old name of Docker Hub',
    auths: { 'https://index.docker.io/v1/': login },
    image: 'nginx',
    keys: ['https://index.docker.io/v1/'],
  },
  { title: "Docker Hub's own host", auths: { 'registry-1.docker.io': login }, image: 'nginx', keys: [] },
  {
    title: 'user name and password',
    auths: { 'a.io': { username: 'ada', password: 'x' } },
    image: 'a.io/x',
    keys: ['a.io'],
  },
  { title: 'an identity token', auths: { 'a.io': { identitytoken: 'x' } }, image: 'a.io/x', keys: [] },
  {
    title: 'an identity token of Azure',
    auths: { 'a.io': { auth: azure, identitytoken: 'x' } },
    image: 'a.io/x',
    keys: [],
  },
  { title: 'a registry token', auths: { 'a.io': { registrytoken: 'x' } }, image: 'a.io/x', keys: [] },
  { title: 'nothing to log in with', auths: { 'a.io': {} }, image: 'a.io/x', keys: [] },
];

function view(document: unknown, image: string, file = '.dockerconfigjson'): ReturnType<typeof nodeView> {
  return nodeView(Buffer.from(JSON.stringify(document)), file, parseReference(image));
}

describe('what a kubelet makes of a pull secret', () => {
  for (const { title, auths, image, keys } of rows) {
    it(`with ${title}`, () => {
      expect(view({ auths }, image)).to.deep.equal({ kind: 'keys', keys });
    });
  }

  it('of the older form', () => {
    expect(view({ 'a.io': login }, 'a.io/x', '.dockercfg')).to.deep.equal({ kind: 'keys', keys: ['a.io'] });
  });

  it('with one entry that it cannot read: it refuses all of it', () => {
    const seen = view({ auths: { 'a.io': login, 'b.io': { auth: 'secret!' } } }, 'a.io/x');
    expect(seen).to.deep.equal({ kind: 'refused', reason: 'entry b.io auth is not base64' });
  });
});
