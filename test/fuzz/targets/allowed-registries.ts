import { parseReference } from '../../../src/image/reference.ts';
import { AllowedRegistries } from '../../../src/resolver/allowed-registries.ts';
import { texts, type Target } from '../target.ts';

const image = parseReference('registry.example.com:5000/team/functions/fn:v1');

/** One list, which has to say of an image whether it is in it, if it can be read. */
export const allowedRegistries: Target = {
  name: 'allowed registries',
  codes: ['CFG_OPTION', 'REGISTRY_NOT_ALLOWED'],
  corpus: texts(
    'ghcr.io/team,*.example.com,docker.io/library',
    'registry.example.com:5000,[::1]:5000/a,10.0.0.1',
    '*.example.com:5000/team/*/f[a-n],reg-[^x].example.com',
  ),
  tokens: texts('*', '[', ']', '^', '\\', '-', '/', '//', ':', '@', '.', ',', '://', ':443', '*'.repeat(50), 'a-z'),
  maxBytes: 4096,
  parse: (input) => {
    AllowedRegistries.parse(input.toString().split(',')).admit(image);
  },
};
