import { parseHostsToml } from '../../../src/registry/node-hosts/parse-hosts-toml.ts';
import { texts, type Target } from '../target.ts';

export const hostsToml: Target = {
  name: 'hosts.toml',
  codes: ['CFG_SHAPE'],
  corpus: texts(
    'server = "https://registry.example"\n[host."https://mirror.example/us"]\ncapabilities = ["pull", "resolve"]\nskip_verify = true\n',
    '[host."http://10.0.0.1:5000"]\nca = ["a.crt", "/b.crt"]\nclient = [["a.cert", "a.key"], "c.pem"]\noverride_path = true\n',
    'ca = "a.crt"\n[host."https://m.example".header]\nx-node = ["a", "b"]\nauthorization = "Basic x"\n',
  ),
  tokens: texts(
    '[host.',
    '[[',
    ']]',
    '"',
    '= ',
    '\n',
    '.',
    '{',
    '}',
    '1979-05-27',
    '0x7f',
    '__proto__',
    'https://',
    '/v2',
    'true',
  ),
  maxBytes: 65_536,
  parse: async (input) => {
    const entries = await parseHostsToml(input, '/certs.d/registry.example/hosts.toml');
    for (const { url } of entries) {
      if (url !== undefined && new URL(`${url.scheme}://${url.authority}${url.basePath}`).host !== url.authority)
        throw new Error(`${url.authority} is not the host of its own URL`);
    }
  },
};
