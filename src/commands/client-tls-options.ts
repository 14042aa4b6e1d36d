import type { OptionRow, OptionsOf } from '../config/option-row.ts';

const group = 'Connection';

/** How commands speak TLS with a service; the names are those of grpc-health-probe. */
export const clientTlsOptions = [
  {
    name: 'tls',
    kind: 'boolean',
    default: 'false',
    group,
    help: 'Speak TLS with the service. The other --tls flags here turn it on too.',
  },
  {
    name: 'tls-ca-cert',
    kind: 'string',
    default: '',
    group,
    help: "PEM file with the authorities of the service's certificate. Empty: those of the system.",
  },
  {
    name: 'tls-client-cert',
    kind: 'string',
    default: '',
    group,
    help: 'PEM file with the certificate chain to show to a service that has --client-ca-file.',
  },
  { name: 'tls-client-key', kind: 'string', default: '', group, help: 'PEM file with the key of --tls-client-cert.' },
  {
    name: 'tls-server-name',
    kind: 'string',
    default: '',
    group,
    help: "Name that has to be in the service's certificate. Empty: the host of the address.",
  },
  {
    name: 'tls-no-verify',
    kind: 'boolean',
    default: 'false',
    group,
    help: 'Take any certificate of the service; for probes of a pod by itself.',
  },
] as const satisfies readonly OptionRow[];

export type ClientTlsFlags = OptionsOf<typeof clientTlsOptions>;
