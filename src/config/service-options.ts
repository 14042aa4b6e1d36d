import type { OptionRow, OptionsOf } from './option-row.ts';
import { podOptions } from './pod-options.ts';
import { registryOptions } from './registry-options.ts';

const service = 'Service';
const evaluation = 'Evaluation';
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
    name: 'tls-cert-file',
    kind: 'string',
    default: '',
    group: service,
    help: 'PEM file with the certificate chain of the gRPC service, which speaks TLS then; read anew when it is replaced. Empty: plaintext.',
  },
  {
    name: 'tls-private-key-file',
    kind: 'string',
    default: '',
    group: service,
    help: 'PEM file with the private key of --tls-cert-file.',
  },
  {
    name: 'client-ca-file',
    kind: 'string',
    default: '',
    group: service,
    help: 'PEM file with certificate authorities: only clients with a certificate by one of them may call.',
  },
  {
    name: 'allow-insecure-registry-auth',
    kind: 'boolean',
    default: 'false',
    group: service,
    help: 'Take the registry login in the metadata x-registry-auth also from calls over plaintext from other machines, where others can read it. Otherwise such calls fail, and only those over TLS and from this machine may have one.',
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
  ...registryOptions,
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
