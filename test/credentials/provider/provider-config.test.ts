import { expect } from 'chai';
import { parseDuration } from '../../../src/config/duration.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { parseProviderConfig, type Provider } from '../../../src/credentials/provider/provider-config.ts';

const file = '/etc/kubernetes/credential-providers.yaml';
const secret = 'zUg-41/secret-of-a-provider';

const provider = {
  name: 'ecr-credential-provider',
  matchImages: ['*.dkr.ecr.*.amazonaws.com', 'reg.example.com:5000/team'],
  defaultCacheDuration: '12h',
  apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
  args: ['get-credentials', '--verbose'],
  env: [{ name: 'AWS_PROFILE', value: secret }],
};

const asYaml = `
# as on the node
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: ecr-credential-provider
  matchImages:
  - "*.dkr.ecr.*.amazonaws.com"
  - reg.example.com:5000/team
  defaultCacheDuration: 12h
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  args: [get-credentials, --verbose]
  env:
  - name: AWS_PROFILE
    value: ${secret}
`;

function config(...providers: readonly unknown[]): string {
  return JSON.stringify({ apiVersion: 'kubelet.config.k8s.io/v1', kind: 'CredentialProviderConfig', providers });
}

function parse(text: string): readonly Provider[] {
  return parseProviderConfig(Buffer.from(text), { file, parseDuration });
}

function faultOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    expect(error.code).to.equal('CFG_SHAPE');
    expect(error.message).to.include(file).and.not.include(secret);
    expect(error.details.hint).to.be.a('string');
    return error.message.replace(`${file}: `, '');
  }
  return 'none';
}

describe("the kubelet's file of image credential providers", () => {
  for (const [form, text] of [
    ['YAML', asYaml],
    ['JSON', config(provider)],
  ] as const) {
    it(`is read as ${form}`, () => {
      const [read, ...others] = parse(text);
      expect(others).to.deep.equal([]);
      expect(read).to.deep.include({
        name: provider.name,
        defaultCacheMs: 12 * 60 * 60 * 1000,
        apiVersion: provider.apiVersion,
        args: provider.args,
        env: { AWS_PROFILE: secret },
      });
      expect(read?.matchImages).to.have.lengthOf(2);
    });
  }

  for (const version of ['v1', 'v1beta1', 'v1alpha1']) {
    it(`may be of version ${version}, as may the protocol`, () => {
      const text = config({ ...provider, apiVersion: `credentialprovider.kubelet.k8s.io/${version}` });
      expect(faultOf(text.replace('kubelet.config.k8s.io/v1', `kubelet.config.k8s.io/${version}`))).to.equal('none');
    });
  }

  it('needs neither args nor env, and takes a duration of 0', () => {
    const { args: _args, env: _env, ...rest } = provider;
    const [read] = parse(config({ ...rest, defaultCacheDuration: '0s' }));
    expect(read).to.deep.include({ args: [], env: {}, defaultCacheMs: 0 });
  });

  it('keeps to the kubelet, which takes a pattern with a scheme for one that matches nothing, and says so', () => {
    const warnings: string[] = [];
    const text = config({ ...provider, matchImages: ['https://reg.io', 'reg.io'] });
    const [read] = parseProviderConfig(Buffer.from(text), {
      file,
      parseDuration,
      warn: (warning) => warnings.push(warning),
    });
    expect(read?.matchImages).to.have.lengthOf(1);
    expect(warnings).to.deep.equal([
      `provider "${provider.name}": matchImages[0] has a scheme, so it matches no image, here and at the kubelet`,
    ]);
  });

  const named = `provider "${provider.name}": `;
  const faults: readonly { readonly what: string; readonly text: string; readonly says: string }[] = [
    { what: 'nothing', text: '', says: 'is neither YAML nor JSON' },
    { what: 'a list', text: '[]', says: 'is not an object' },
    { what: 'more than there can be', text: `#${' '.repeat(1 << 20)}`, says: 'is larger than 1048576 bytes' },
    { what: 'no YAML', text: `a: [\n${secret}`, says: 'is neither YAML nor JSON' },
    {
      what: 'another kind',
      text: config(provider).replace('CredentialProviderConfig', 'KubeletConfiguration'),
      says: 'kind',
    },
    {
      what: 'another API',
      text: config(provider).replace('kubelet.config.k8s.io/v1', 'v1'),
      says: 'apiVersion is not',
    },
    { what: 'no provider', text: config(), says: 'providers is empty' },
    { what: 'a provider that is a text', text: config(secret), says: 'providers[0]: is not an object' },
    {
      what: 'a provider without name',
      text: config({ ...provider, name: null }),
      says: 'providers[0]: name is missing',
    },
    ...['a/b', 'a b', '.', '..', ''].map((name) => ({
      what: `a provider called ${JSON.stringify(name)}`,
      text: config({ ...provider, name }),
      says: 'providers[0]: name is not that of a program',
    })),
    {
      what: 'a name twice',
      text: config(provider, provider),
      says: `there are two providers called "${provider.name}"`,
    },
    { what: 'no pattern', text: config({ ...provider, matchImages: [] }), says: `${named}matchImages is empty` },
    {
      what: 'a pattern with a wrong port',
      text: config({ ...provider, matchImages: ['reg.io', 'reg.io:abc'] }),
      says: `${named}matchImages[1] is not host[:port][/path]`,
    },
    {
      what: 'no duration',
      text: config({ ...provider, defaultCacheDuration: undefined }),
      says: `${named}defaultCacheDuration is missing`,
    },
    {
      what: 'a duration that is a number',
      text: config({ ...provider, defaultCacheDuration: 12 }),
      says: `${named}defaultCacheDuration is not a text`,
    },
    ...['-1s', '12', 'soon'].map((defaultCacheDuration) => ({
      what: `a duration of ${defaultCacheDuration}`,
      text: config({ ...provider, defaultCacheDuration }),
      says: `${named}defaultCacheDuration is not a duration of 0 or more`,
    })),
    {
      what: 'a protocol that is not known',
      text: config({ ...provider, apiVersion: 'credentialprovider.kubelet.k8s.io/v2' }),
      says: `${named}apiVersion is none of credentialprovider.kubelet.k8s.io/v1, `,
    },
    {
      what: 'an unknown field',
      text: config({ ...provider, matchImage: [] }),
      says: `${named}there is no field "matchImage"`,
    },
    {
      what: 'tokens of service accounts',
      text: config({ ...provider, tokenAttributes: { serviceAccountTokenAudience: 'x', requireServiceAccount: true } }),
      says: `${named}tokenAttributes cannot be used here: only the kubelet has tokens of the pod`,
    },
    { what: 'args that are no texts', text: config({ ...provider, args: [1] }), says: `${named}args[0] is not a text` },
    {
      what: 'an env that is no list',
      text: config({ ...provider, env: { A: secret } }),
      says: `${named}env is not a list`,
    },
    {
      what: 'an env without names',
      text: config({ ...provider, env: [{ value: secret }] }),
      says: `${named}env[0]: name is missing`,
    },
    {
      what: 'an env with a name that is none',
      text: config({ ...provider, env: [{ name: 'A=B', value: secret }] }),
      says: `${named}env[0] is not a variable`,
    },
  ];
  for (const { what, text, says } of faults) {
    it(`with ${what} is refused`, () => {
      expect(faultOf(text)).to.include(says);
    });
  }
});
