import type { OptionRow, OptionsOf } from './option-row.ts';
import { podOptions } from './pod-options.ts';

const service = 'Service';
const evaluation = 'Evaluation';
const registries = 'Registries';
const localRuntime = 'Local runtime';

/** The flags of the service; Porch's names and defaults, and ours. A default of 0 ms, 0 bytes or an empty text means "none". */
export const serviceOptions = [
  {
    name: 'port',
    kind: 'integer',
    default: '9445',
    max: 65_535,
    group: service,
    help: 'Port of the gRPC service. 0 takes a free one.',
  },
  {
    name: 'bind-address',
    kind: 'string',
    default: '::',
    group: service,
    help: 'Address to listen on. :: is every address, IPv4 too.',
  },
  {
    name: 'log-level',
    kind: 'integer',
    default: '2',
    max: 5,
    group: service,
    help: '0 shows errors, 1 warnings too, 2 what an operator wants to know, 3 decisions, 5 every request.',
  },
  {
    name: 'max-request-body-size',
    kind: 'bytes',
    default: '6291456',
    min: 1024,
    max: 1_073_741_824,
    group: service,
    help: 'Largest gRPC message, in bytes, in both directions.',
  },
  {
    name: 'max-concurrent-evaluations',
    kind: 'integer',
    default: '1000',
    min: 1,
    group: service,
    help: 'Evaluations in flight; past it a call is answered RESOURCE_EXHAUSTED.',
  },
  {
    name: 'drain-delay',
    kind: 'duration',
    default: '5s',
    group: service,
    help: 'How long new calls are still accepted after SIGTERM, while health says NOT_SERVING.',
  },
  {
    name: 'runtime',
    kind: 'choice',
    choices: ['auto', 'pod', 'local'],
    default: 'auto',
    group: evaluation,
    help:
      'Where function images run. local: a sandbox on this machine. pod: function pods of a cluster. ' +
      'auto: pod inside a cluster or with --kubeconfig, else local.',
  },
  {
    name: 'disable-runtimes',
    kind: 'list',
    choices: ['exec', 'pod'],
    default: '',
    group: evaluation,
    help: 'Comma-separated. exec: no executables of --functions. pod: no function images, in pods or locally.',
  },
  {
    name: 'evaluation-timeout',
    kind: 'duration',
    default: '5m',
    min: 1,
    group: evaluation,
    help: 'Longest run of one function, and longest wait for running ones at shutdown.',
  },
  {
    name: 'function-memory-limit',
    kind: 'bytes',
    default: '1Gi',
    min: 16_777_216,
    group: evaluation,
    help: 'Memory that one function with its child processes may use.',
  },
  {
    name: 'functions',
    kind: 'string',
    default: './functions',
    group: evaluation,
    help: 'Folder of function executables.',
  },
  {
    name: 'config',
    kind: 'string',
    default: './config.yaml',
    group: evaluation,
    help: 'YAML file that says which image is which executable of --functions. It may be missing.',
  },
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
    help: 'Use the credentials of --registry-auth-secret-path.',
  },
  {
    name: 'registry-auth-secret-path',
    kind: 'string',
    default: '/var/tmp/auth-secret/.dockerconfigjson',
    group: registries,
    help:
      'File with the registry credentials, as a mounted kubernetes.io/dockerconfigjson secret has it. ' +
      'Where the flag is not set and only /var/tmp/config-secret/.dockerconfigjson exists, that one is used.',
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
    help: 'Folder with ca.crt, else ca.pem: the certificate authorities of private registries.',
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
    name: 'image-store',
    kind: 'string',
    default: '',
    group: localRuntime,
    help: 'Folder of unpacked images. Empty: krm-function-runner in the cache folder of the user.',
  },
  {
    name: 'image-store-size',
    kind: 'bytes',
    default: '10Gi',
    min: 1_048_576,
    group: localRuntime,
    help: 'Size that unpacked images are kept under; the longest unused go first.',
  },
  ...podOptions,
] as const satisfies readonly OptionRow[];

/** Every service flag, parsed; durations in milliseconds. */
export type Options = OptionsOf<typeof serviceOptions>;
