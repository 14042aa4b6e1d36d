import { parseDuration } from '../../../src/config/duration.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { parseProviderConfig } from '../../../src/credentials/provider/provider-config.ts';
import { matchesPattern } from '../../../src/credentials/provider/provider-pattern.ts';
import { texts, type Target } from '../target.ts';

const yaml = `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: ecr-credential-provider
  matchImages: ["*.dkr.ecr.*.amazonaws.com", reg.io:5000/team]
  defaultCacheDuration: 12h
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  args: [get]
  env: [{name: AWS_PROFILE, value: x}]
`;

const image = parseReference('reg.io:5000/team/fn');

export const providerConfig: Target = {
  name: 'image credential provider config',
  codes: ['CFG_SHAPE'],
  corpus: texts(yaml, yaml.replace(/\n {2}args[^]*$/, '\n'), `${yaml}- name: other\n  matchImages: [a.io]\n`),
  tokens: texts(
    '- ',
    'name: ',
    'matchImages: ',
    '*',
    '[',
    ']',
    '{',
    '}',
    ':',
    '"',
    '&a ',
    '*a',
    '!!',
    '---\n',
    '0s',
    '\n  ',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    const providers = parseProviderConfig(input, { file: 'providers.yaml', parseDuration });
    for (const { matchImages } of providers) for (const pattern of matchImages) matchesPattern(pattern, image);
  },
};
