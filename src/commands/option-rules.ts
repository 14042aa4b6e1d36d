import { isIP } from 'node:net';
import type { OptionRule } from '../config/options.ts';
import type { OptionFault } from '../config/parse-flags.ts';
import { toRunnerError } from '../core/errors.ts';
import { parsePlatform } from '../image/platform.ts';
import { validateImagePrefix } from '../image/reference.ts';
import { RunRegistries } from '../image/run-registries.ts';
import { isNamespaceName, isObjectName } from '../kubernetes/object-name.ts';
import { InsecureRegistries } from '../registry/trust/hosts.ts';
import { AllowedRegistries } from '../resolver/allowed-registries.ts';
import { parseVerifyOption } from '../signatures/verify-option.ts';

/** What a flag's own row cannot say about its value. */
export const optionRules: readonly OptionRule[] = [
  ({ defaultImagePrefix }) => {
    const reason = validateImagePrefix(defaultImagePrefix);
    if (reason === undefined) return [];
    const right = 'give a registry and a path, like registry.example/functions/';
    return fault('default-image-prefix', `${JSON.stringify(defaultImagePrefix)} is wrong: ${reason}; ${right}`);
  },
  ({ imagePlatform }) => (imagePlatform === '' ? [] : thrownBy('image-platform', () => parsePlatform(imagePlatform))),
  ({ insecureRegistries }) => thrownBy('insecure-registries', () => InsecureRegistries.parse(insecureRegistries)),
  ({ allowedRegistries }) => thrownBy('allowed-registries', () => AllowedRegistries.parse(allowedRegistries)),
  ({ imageCredentialProviderConfig: config, imageCredentialProviderBinDir: folder }) =>
    config === '' || folder !== ''
      ? []
      : fault(
          'image-credential-provider-config',
          'needs --image-credential-provider-bin-dir, the folder of its programs',
        ),
  ({ verifyImages }) => verifyImages.flatMap((text) => thrownBy('verify-images', () => parseVerifyOption(text))),
  ({ verifyImages, pinImageDigest }) =>
    verifyImages.length === 0 || pinImageDigest
      ? []
      : fault('pin-image-digest', 'cannot be off with --verify-images, or a node could run what was not verified'),
  ({ runRegistry }) => thrownBy('run-registry', () => RunRegistries.parse(runRegistry)),
  ({ bindAddress }) => {
    if (isIP(bindAddress) !== 0 || /^[A-Za-z\d]([A-Za-z\d.-]{0,252})$/.test(bindAddress)) return [];
    return fault(
      'bind-address',
      `${JSON.stringify(bindAddress)} is wrong; give an IP address or host name without port`,
    );
  },
  ({ tlsCertFile, tlsPrivateKeyFile }) => {
    if ((tlsCertFile === '') === (tlsPrivateKeyFile === '')) return [];
    const [given, missing] =
      tlsCertFile === '' ? ['tls-private-key-file', 'tls-cert-file'] : ['tls-cert-file', 'tls-private-key-file'];
    return fault(given, `needs --${missing} too`);
  },
  ({ clientCaFile, tlsCertFile }) => {
    if (clientCaFile === '' || tlsCertFile !== '') return [];
    return fault('client-ca-file', 'needs --tls-cert-file and --tls-private-key-file: plaintext shows no certificates');
  },
  ({ podNamespace }) => {
    if (isNamespaceName(podNamespace)) return [];
    return fault(
      'pod-namespace',
      `${JSON.stringify(podNamespace)} is wrong; give a name of lower-case letters, digits and -, up to 63`,
    );
  },
  ({ registryAuthSecretName }) => objectName('registry-auth-secret-name', registryAuthSecretName),
  ({ pullSecrets }) => pullSecrets.flatMap((name) => objectName('pull-secrets', name)),
  ({ functionServiceAccount }) =>
    functionServiceAccount === '' ? [] : objectName('function-service-account', functionServiceAccount),
  ({ functionPodTemplate }) =>
    functionPodTemplate === '' ? [] : objectName('function-pod-template', functionPodTemplate),
];

function objectName(flag: string, name: string): readonly OptionFault[] {
  if (isObjectName(name)) return [];
  return fault(
    flag,
    `${JSON.stringify(name)} is wrong; give the name of an object: lower-case letters, digits, - and ., up to 253`,
  );
}

function fault(name: string, message: string): readonly OptionFault[] {
  return [{ flag: `--${name}`, message: `--${name}: ${message}` }];
}

function thrownBy(name: string, parse: () => unknown): readonly OptionFault[] {
  try {
    parse();
    return [];
  } catch (thrown) {
    const { message, details } = toRunnerError(thrown);
    const text = message.replace(`--${name}: `, '');
    return fault(name, details.hint === undefined ? text : `${text}; ${details.hint}`);
  }
}
