import type { OptionRow } from '../config/option-row.ts';
import { clientTlsOptions } from './client-tls-options.ts';

/** The flags of `evaluate` beside the service's. */
export const evaluateOptions = [
  {
    name: 'filename',
    short: 'f',
    kind: 'list',
    repeatable: true,
    default: '',
    group: 'Input',
    help: 'File or folder of KRM resources, or - for standard input; may be given several times. Without it, standard input where that is no terminal.',
  },
  {
    name: 'fn-config',
    kind: 'string',
    default: '',
    group: 'Input',
    help: 'File with the functionConfig; key=value arguments make a ConfigMap instead.',
  },
  {
    name: 'address',
    kind: 'string',
    default: '',
    group: 'Connection',
    help: 'host:port of a running service. Empty: run the function from this process.',
  },
  {
    name: 'registry-auth-file',
    kind: 'string',
    default: '',
    group: 'Connection',
    help: "With --address: file with user:password for the image's registry, or with the JSON of a login as Docker's Engine API takes it. The service uses nothing else for this call.",
  },
  ...clientTlsOptions,
] as const satisfies readonly OptionRow[];
