import type { OptionRow } from '../config/option-row.ts';
import { optionsFrom, parseFlags } from '../config/parse-flags.ts';
import { RunnerClient } from '../rpc/client.ts';
import { GrpcFailure } from '../rpc/grpc-failure.ts';
import { clientTls, clientTlsFaults } from './client-tls.ts';
import { clientTlsOptions } from './client-tls-options.ts';
import type { Command } from './command.ts';
import { connectionTrouble } from './connection-trouble.ts';
import { argumentFault, UsageError } from './usage-error.ts';

const ownOptions = [
  {
    name: 'addr',
    aliases: ['address'],
    kind: 'string',
    default: 'localhost:9445',
    group: 'Health',
    help: 'host:port of the service. --address means the same.',
  },
  {
    name: 'service',
    kind: 'string',
    default: '',
    group: 'Health',
    help: 'Full name of one gRPC service. Empty: the whole server.',
  },
  { name: 'connect-timeout', kind: 'duration', default: '1s', group: 'Health', help: 'Time to connect.' },
  {
    name: 'rpc-timeout',
    kind: 'duration',
    default: '1s',
    group: 'Health',
    help: 'Time for the answer, once connected.',
  },
  ...clientTlsOptions,
] as const satisfies readonly OptionRow[];

/** Takes the flags of grpc-health-probe, which probes in users' manifests call. */
export const healthCommand: Command = {
  usage: 'health [-addr=HOST:PORT] [flags]',
  description: 'Asks grpc.health.v1.Health/Check. Exit code 0 when the answer is SERVING, else 1.',
  options: ownOptions,
  run: async (argv, io) => {
    const flags = parseFlags(ownOptions, argv);
    const extra = flags.positionals.map((text) =>
      argumentFault(`${JSON.stringify(text)} is no flag; health takes only flags`),
    );
    const options = optionsFrom(ownOptions, flags);
    const { addr, service, connectTimeoutMs, rpcTimeoutMs } = options;
    const faults = [...flags.faults, ...extra, ...clientTlsFaults(options, addr)];
    if (faults.length > 0) throw new UsageError(faults);
    const tls = await clientTls(options, io.environment);
    const client = new RunnerClient(addr, -1, { tls });
    try {
      const status = await client.checkHealth(service, { deadlineMs: connectTimeoutMs + rpcTimeoutMs });
      io.stdout.write(`status: ${status}\n`);
      return status === 'SERVING' ? 0 : 1;
    } catch (error) {
      if (!(error instanceof GrpcFailure)) throw error;
      const trouble = connectionTrouble(error.message, tls !== undefined);
      io.stderr.write(`${addr}: ${error.status}: ${trouble?.message ?? error.message}\n`);
      if (trouble !== undefined) io.stderr.write(`${trouble.hint}\n`);
      return 1;
    } finally {
      client.close();
    }
  },
};
