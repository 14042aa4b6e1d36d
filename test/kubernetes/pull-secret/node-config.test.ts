import { expect } from 'chai';

import { parseReference } from '../../../src/image/reference.ts';
import { NodeConfig } from '../../../src/kubernetes/pull-secret/node-config.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const parse = (document: unknown, file = '.dockerconfigjson'): NodeConfig =>
  NodeConfig.parse(Buffer.from(JSON.stringify(document)), file);
const authsOf = (config: NodeConfig): unknown => JSON.parse(config.whole.bytes.reveal().toString());
const login = { auth: base64('ada:pw') };
const azureUser = '00000000-0000-0000-0000-000000000000';

interface Rewrite {
  readonly title: string;
  readonly given: unknown;
  readonly file?: string;
  readonly auths: Readonly<Record<string, unknown>>;
}

const rewrites: readonly Rewrite[] = [
  {
    title: 'user name and password become auth',
    given: { auths: { 'a.io': { username: 'ada', password: 'p:w', email: 'a@b.c' } } },
    auths: { 'a.io': { auth: base64('ada:p:w') } },
  },
  {
    title: 'the older form without auths gets them',
    given: { 'a.io': login },
    file: '.dockercfg',
    auths: { 'a.io': login },
  },
  {
    title: 'an entry that the kubelet refuses the whole file for is left out',
    given: { auths: { 'a.io': { auth: '%%%' }, 'b.io': login } },
    auths: { 'b.io': login },
  },
  {
    title: 'an auth without a colon is left out',
    given: { auths: { 'a.io': { auth: base64('ada') }, 'b.io': login } },
    auths: { 'b.io': login },
  },
  {
    title: 'an entry that is no object is left out',
    given: { auths: { 'a.io': 'ada:pw', 'b.io': login } },
    auths: { 'b.io': login },
  },
  {
    title: 'a field that is no text is left out with its entry',
    given: { auths: { 'a.io': { ...login, email: 3 }, 'b.io': login } },
    auths: { 'b.io': login },
  },
  {
    title: 'headers that are no texts are left out',
    given: { auths: { 'b.io': login }, HttpHeaders: { a: 1 } },
    auths: { 'b.io': login },
  },
  {
    title: 'a refresh token of Azure becomes the password of its user',
    given: { auths: { 'x.azurecr.io': { auth: base64(`${azureUser}:`), identitytoken: 'refresh' } } },
    auths: { 'x.azurecr.io': { auth: base64(`${azureUser}:refresh`) } },
  },
  {
    title: 'capitals of a host become small',
    given: { auths: { 'https://A.io/Team': login } },
    auths: { 'a.io/Team': login },
  },
  {
    title: 'capitals of a host become small beside the same host in small letters',
    given: { auths: { 'A.io': login, 'a.io': { auth: base64('bob:pw') } } },
    auths: { 'https://a.io': login, 'a.io': { auth: base64('bob:pw') } },
  },
  {
    title: 'the API host of Docker Hub becomes its name',
    given: { auths: { 'registry-1.docker.io': login } },
    auths: { 'docker.io': login },
  },
  {
    title: 'a part of Docker Hub gets the name that the kubelet compares with',
    given: { auths: { 'https://index.docker.io/v1/team': login } },
    auths: { 'docker.io/team': login },
  },
  {
    title: 'user information in a key is not passed on',
    given: { auths: { 'https://ada:pw@a.io': login } },
    auths: { 'a.io': login },
  },
];

const exact: Readonly<Record<string, unknown>> = {
  'one of Docker Hub': { auths: { 'https://index.docker.io/v1/': login } },
  'as kubectl makes it': { auths: { 'a.io': { username: 'ada', password: 'pw', email: 'x', ...login } } },
  'with a port, a path and a pattern': { auths: { '*.a.io:5000/team': login } },
  'with fields that nobody reads': {
    auths: { 'a.io': login },
    credHelpers: { 'b.io': 'ecr' },
    HttpHeaders: { a: 'b' },
  },
  'with an entry that is empty': { auths: { 'a.io': {}, 'b.io': null } },
  'with a token that cannot be turned into anything': { auths: { 'a.io': { identitytoken: 'secret-token' } } },
  'without any entry': { auths: {} },
};

describe('credentials for the node', () => {
  for (const { title, given, file, auths } of rewrites) {
    it(title, () => {
      expect(authsOf(parse(given, file))).to.deep.equal({ auths });
    });
  }

  for (const [title, given] of Object.entries(exact)) {
    it(`are the very bytes of a file ${title}`, () => {
      const bytes = Buffer.from(JSON.stringify(given, undefined, 3));
      expect(NodeConfig.parse(bytes, 'f').whole.bytes.reveal().equals(bytes)).to.be.true;
    });
  }

  it('have no byte order mark, which the API server refuses', () => {
    const bytes = Buffer.concat([
      Buffer.from([0xef, 0xbb, 0xbf]),
      Buffer.from(JSON.stringify({ auths: { 'a.io': login } })),
    ]);
    expect(authsOf(NodeConfig.parse(bytes, 'f'))).to.deep.equal({ auths: { 'a.io': login } });
  });

  it('are refused where the file holds no JSON, without quoting it', () => {
    expect(() => NodeConfig.parse(Buffer.from('{"auths": hunter2'), 'f')).to.throw(/^f: not valid JSON$/);
  });

  it('say what is left out, without its value', () => {
    const { warnings } = parse({ auths: { 'a.io': { auth: 'hunter2%' }, 'b.io': login } });
    expect(warnings).to.deep.equal([
      'credentials "a.io": auth is not base64; left out of the pull secret, all of which the kubelet would refuse',
    ]);
  });

  describe('for some images', () => {
    const config = parse({
      auths: { 'a.io': login, 'a.io/team': login, 'b.io': login, 'c.io': { identitytoken: 't' }, 'd.io': {} },
    });
    const keysFor = (...images: readonly string[]): readonly string[] =>
      config.keysFor(images.map((image) => parseReference(image)));

    it('are all entries that match one of them, and no other', () => {
      expect(keysFor('a.io/team/x:1', 'c.io/y')).to.deep.equal(['a.io', 'a.io/team']);
      expect(keysFor('a.io/other/x', 'b.io/y')).to.deep.equal(['a.io', 'b.io']);
      expect(keysFor('c.io/x', 'd.io/x', 'e.io/x')).to.deep.equal([]);
    });

    it('hold the entries of the keys only', () => {
      const bytes = config.part(['b.io'])?.bytes.reveal().toString();
      expect(JSON.parse(bytes ?? '')).to.deep.equal({ auths: { 'b.io': login } });
    });

    it('are nothing once the keys are gone', () => {
      expect(config.part(['z.io'])).to.be.undefined;
    });
  });

  describe('that the node cannot use', () => {
    const warningsFor = (auths: unknown, more: Readonly<Record<string, unknown>> = {}): readonly string[] =>
      parse({ auths, ...more }).warningsFor(parseReference('a.io/x:1'));
    const failing = 'a.io/x: the node has no credentials that it can use: ';

    it('are named for an identity token', () => {
      expect(warningsFor({ 'a.io': { identitytoken: 'secret-token' } })).to.deep.equal([
        `${failing}credentials "a.io": an identity token, which the kubelet does not use`,
      ]);
    });

    it('are named for a registry token', () => {
      expect(warningsFor({ 'a.io': { registrytoken: 'secret-token' } })).to.deep.equal([
        `${failing}credentials "a.io": a registry token, which the kubelet does not use`,
      ]);
    });

    it('are named for an entry that is left out', () => {
      expect(warningsFor({ 'a.io': { auth: '%' } })).to.deep.equal([
        `${failing}credentials "a.io": auth is not base64`,
      ]);
    });

    it('are not named beside a helper or store, which has a secret of its own', () => {
      const unusable = { 'a.io': { identitytoken: 't' } };
      expect(warningsFor(unusable, { credHelpers: { 'a.io': 'ecr-login' } })).to.deep.equal([]);
      expect(warningsFor(unusable, { credsStore: 'pass' })).to.deep.equal([]);
      expect(warningsFor(unusable, { credHelpers: { 'b.io': 'ecr-login' } })).to.have.length(1);
    });

    it('are not named where it can use another entry', () => {
      expect(warningsFor({ 'a.io/x': { identitytoken: 't' }, 'a.io': login }, { credsStore: 'pass' })).to.deep.equal(
        [],
      );
    });

    it('are not named for images without credentials, nor beside a password', () => {
      expect(warningsFor({ 'b.io': { identitytoken: 't' } })).to.deep.equal([]);
      expect(warningsFor({ 'a.io': { ...login, identitytoken: 't' } })).to.deep.equal([]);
    });
  });
});
