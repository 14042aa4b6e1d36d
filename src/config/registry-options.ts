import type { OptionRow } from './option-row.ts';

const registries = 'Registries';

/** The flags of finding images and of what is shown to registries. */
export const registryOptions = [
  {
    name: 'default-image-prefix',
    kind: 'string',
    default: 'ghcr.io/kptdev/krm-functions-catalog/',
    group: registries,
    help: 'Put before an image name that has no slash.',
  },
  {
    name: 'image-platform',
    kind: 'string',
    default: '',
    group: registries,
    help: 'Platform taken from a multi-platform image, like linux/arm64/v8. Empty: linux on the architecture of this machine.',
  },
  {
    name: 'image-cache-ttl',
    kind: 'duration',
    default: '5m',
    group: registries,
    help: 'How long the digest behind a tag is believed before the registry is asked again.',
  },
  {
    name: 'resolve-timeout',
    kind: 'duration',
    default: '30s',
    min: 1,
    group: registries,
    help: 'Longest time that finding an image in its registry may take, retries included.',
  },
  {
    name: 'enable-private-registries',
    kind: 'boolean',
    default: 'false',
    group: registries,
    help:
      'Use the credentials of --registry-auth-secret-path. Outside a cluster those of docker login are used without the flag; ' +
      '--enable-private-registries=false turns that off.',
  },
  {
    name: 'registry-auth-secret-path',
    kind: 'string',
    default: '/var/tmp/auth-secret/.dockerconfigjson',
    group: registries,
    help:
      'File with the registry credentials, as a mounted kubernetes.io/dockerconfigjson secret has it. ' +
      'Any Docker config will do. Where the flag is not set and only /var/tmp/config-secret/.dockerconfigjson exists, that one is used; ' +
      'outside a cluster, where neither is there, config.json in DOCKER_CONFIG, else in ~/.docker, else auth.json of podman login.',
  },
  {
    name: 'registry-auth-secret-name',
    kind: 'string',
    default: 'auth-secret',
    group: registries,
    help: 'Name of the pull secret for function pods.',
  },
  {
    name: 'enable-private-registries-tls',
    kind: 'boolean',
    default: 'false',
    group: registries,
    help: 'Try the certificate authorities of --tls-secret-path first, then those of the system, then plaintext as --plaintext-fallback allows.',
  },
  {
    name: 'tls-secret-path',
    kind: 'string',
    default: '/var/tmp/tls-secret/',
    group: registries,
    help: 'Folder with ca.crt, else ca.pem: the certificate authorities of private registries; and with tls.crt and tls.key for --registry-client-certificate.',
  },
  {
    name: 'plaintext-fallback',
    kind: 'choice',
    choices: ['auto', 'always', 'never'],
    default: 'auto',
    group: registries,
    help:
      'When the TLS steps may end in plaintext HTTP, always without credentials. auto: where the registry does not speak TLS, never after a bad certificate. ' +
      'always: after any TLS failure. never: only for --insecure-registries.',
  },
  {
    name: 'insecure-registries',
    kind: 'string',
    default: '',
    group: registries,
    help:
      'Comma-separated host[:port], *.glob or CIDR. These registries may show an unverified certificate, ' +
      'speak plaintext HTTP and get credentials over it.',
  },
  {
    name: 'registry-hosts-dir',
    kind: 'string',
    default: '',
    group: registries,
    help:
      "Folder of the node's own registry configuration: containerd's certs.d with hosts.toml (mirrors, CAs, client certificates, headers), " +
      "or Docker's with ca.crt, client.cert and client.key. Empty: none.",
  },
  {
    name: 'registry-client-certificate',
    kind: 'boolean',
    default: 'false',
    group: registries,
    help:
      'Show tls.crt with tls.key of --tls-secret-path to registries and their token services that ask for a client certificate ' +
      'and have proved who they are. One in --registry-hosts-dir comes before it.',
  },
  {
    name: 'allowed-registries',
    kind: 'list',
    default: '',
    group: registries,
    help:
      'Comma-separated patterns of host[:port][/path], like *.example.com, ghcr.io/team or docker.io/library: images elsewhere are refused ' +
      'before anybody is asked for them. Ports count as written, * stays between dots and slashes. Empty: all are allowed.',
  },
  {
    name: 'run-registry',
    kind: 'list',
    default: '',
    group: registries,
    help: 'Comma-separated RESOLVE=RUN of host[:port]: images at either address are looked up at RESOLVE and run as RUN, which is how nodes reach that registry.',
  },
  {
    name: 'verify-images',
    kind: 'list',
    repeatable: true,
    default: '',
    group: registries,
    help:
      '[PATTERN=]KEY.pem[,KEY.pem...]: images that match the pattern, host[:port][/path] as for --allowed-registries, run only with a cosign signature by one of the public keys; ' +
      'without a pattern all images. The most particular pattern that matches counts; either address of --run-registry will do, and :443 and :80 are as no port. ' +
      'Images that match none need no signature. May be given more than once.',
  },
  {
    name: 'image-credential-provider-config',
    kind: 'string',
    default: '',
    group: registries,
    help:
      "The kubelet's own CredentialProviderConfig, a file or a folder of them: programs that are asked for the credentials of images, after all files. " +
      'Read anew when it is replaced. Empty: none.',
  },
  {
    name: 'image-credential-provider-bin-dir',
    kind: 'string',
    default: '',
    group: registries,
    help: 'Folder of the programs of --image-credential-provider-config.',
  },
] as const satisfies readonly OptionRow[];
