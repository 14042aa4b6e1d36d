import { expect } from 'chai';

import { toRunnerError } from '../../../src/core/errors.ts';
import { folderNames } from '../../../src/registry/node-hosts/folder-names.ts';
import { parseHostsToml } from '../../../src/registry/node-hosts/parse-hosts-toml.ts';

const folders: readonly (readonly [string, readonly string[]])[] = [
  ['registry.example', ['registry.example', '_default']],
  ['registry.example:5000', ['registry.example_5000_', 'registry.example:5000', '_default']],
  ['[::1]', ['[::1]', '_default']],
  ['[::1]:5000', ['[::1]_5000_', '[::1]:5000', '_default']],
];

/** What stands in the file → what it is said to be. None of it may be quoted. */
const wrong: readonly (readonly [string, string])[] = [
  ['server = secret', 'it is no TOML'],
  ['server = 7', '"server" is no text'],
  ['server = "ftp://x"', 'a host is neither http nor https'],
  ['server = "https://user:secret@x"', 'a host is no URL'],
  ['host = "secret"', '"host" is no table'],
  ['[host]\n"https://x" = "secret"', 'a host is no table'],
  ['capabilities = ["secret"]', '"capabilities" has an unknown one'],
  ['skip_verify = "secret"', '"skip_verify" is neither'],
  ['override_path = 1', '"override_path" is neither'],
  ['ca = [["secret"]]', '"ca" holds something else than text'],
  ['client = [["a", "b", "secret"]]', '"client" has no pair'],
  ['[header]\nx = "sec\\nret"', '"header" has a name or value'],
];

async function entriesOf(text: string): ReturnType<typeof parseHostsToml> {
  return parseHostsToml(Buffer.from(text), '/certs.d/x/hosts.toml');
}

describe('a hosts.toml', () => {
  for (const [domain, names] of folders) {
    it(`[MR7] of ${domain} is looked for in ${names.join(', then ')}`, () => {
      expect(folderNames(domain)).to.deep.equal(names);
    });
  }

  it('[MR1] names its hosts in the order of the file, the server last', async () => {
    const text =
      'server = "https://z.example"\n[host."https://c.example"]\n[host."a.example:5000"]\n[host."http://b.example"]\n';
    const urls = (await entriesOf(text)).map(({ url }) => `${url?.scheme ?? ''} ${url?.authority ?? ''}`);
    expect(urls).to.deep.equal(['https c.example', 'https a.example:5000', 'http b.example', 'https z.example']);
  });

  it('[MR4] gives each host its own settings, and those above all hosts to the registry itself', async () => {
    const text = 'ca = "up.crt"\nskip_verify = true\n[host."https://m.example"]\nclient = "both.pem"\n';
    const [mirror, registry] = await entriesOf(text);
    expect(mirror).to.deep.include({
      caFiles: [],
      skipVerify: false,
      clientPairs: [{ certificate: 'both.pem', key: 'both.pem' }],
    });
    expect(registry).to.deep.include({ url: undefined, caFiles: ['up.crt'], skipVerify: true, clientPairs: [] });
  });

  it('[MR3] takes every capability for granted where it names none', async () => {
    const text =
      '[host."https://a"]\n[host."https://b"]\ncapabilities = ["PULL", "push"]\n[host."https://c"]\ncapabilities = ["resolve"]\n';
    const seen = (await entriesOf(text)).map(({ mayPull, mayResolve }) => [mayPull, mayResolve]);
    expect(seen).to.deep.equal([
      [true, true],
      [true, false],
      [false, true],
      [true, true],
    ]);
  });

  for (const [text, reason] of wrong) {
    it(`[MR6] with ${JSON.stringify(text)} is not used, and not quoted`, async () => {
      const failure = toRunnerError(await entriesOf(text).catch((error: unknown) => error));
      expect(failure.code).to.equal('CFG_SHAPE');
      expect(failure.message).to.include(reason).and.not.include('sec');
    });
  }
});
