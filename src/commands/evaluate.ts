import { readFile } from 'node:fs/promises';
import type { YAMLMap } from 'yaml';
import { serviceOptions } from '../config/service-options.ts';
import { RunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { clientTls, clientTlsFaults, wantsTls } from './client-tls.ts';
import type { Command } from './command.ts';
import type { CommandIo, ExitCode } from './command-io.ts';
import { commandLog } from './command-log.ts';
import { evaluateOptions } from './evaluate-options.ts';
import type { EvaluationAnswer } from './evaluation-answer.ts';
import { readKrmFiles } from './krm-files.ts';
import { parseMappings } from './krm-yaml.ts';
import { readRegistryAuth, registryAuthFaults } from './registry-auth-file.ts';
import { buildResourceList, configMapOf, type FunctionInput } from './resource-list.ts';
import { resourcesText } from './resource-output.ts';
import { resultText } from './result-text.ts';
import { type CommandFlags, readCommandFlags } from './service-flags.ts';
import { paintFor } from './style-text.ts';
import { argumentFault, UsageError } from './usage-error.ts';

type Flags = CommandFlags<typeof evaluateOptions>;

/** Runs a function on resources and prints what it makes of them. */
export const evaluateCommand: Command = {
  usage: 'evaluate IMAGE [-f FILE|DIR|-]... [--address HOST:PORT] [flags] [key=value...]',
  description:
    'Runs a function image on KRM resources. The resulting resources go to stdout as YAML, results and the log of the function to\n' +
    'stderr. A ResourceList as input comes out as a ResourceList. key=value arguments become the ConfigMap that is the functionConfig.\n' +
    'Exit code 1 when the function failed or gave a result of severity error.',
  options: [...evaluateOptions, ...serviceOptions.filter((row) => !['Service', 'Pods'].includes(row.group))],
  run: async (argv, io) => {
    const flags = readCommandFlags(evaluateOptions, argv, argumentFaults, io.environment);
    const sources = inputSources(flags, io);
    const log = await commandLog(io, flags.given, flags.options.logLevel);
    for (const warning of flags.warnings) log.warn(warning);
    const functionConfig = await functionConfigOf(flags);
    const input = buildResourceList(await readKrmFiles(sources, io.stdin), functionConfig, log);
    const answer = await evaluate(flags, Buffer.from(input.text), log, io);
    return report(answer, input, io);
  },
};

function argumentFaults([image, ...rest]: readonly string[]): readonly string[] {
  const wrong = rest
    .filter((text) => !/^[^=]+=/.test(text))
    .map((text) => `${JSON.stringify(text)} is wrong; give key=value, or files with -f`);
  return image === undefined ? ['evaluate needs an IMAGE'] : wrong;
}

function inputSources({ own, positionals, given }: Flags, io: CommandIo): readonly string[] {
  const faults = [];
  if (own.filename.length === 0 && io.stdin.isTTY === true)
    faults.push('evaluate needs resources: give -f FILE, -f DIR or -f -');
  if (given.has('fn-config') && positionals.length > 1)
    faults.push('give either --fn-config or key=value arguments, not both');
  const all = [
    ...faults.map(argumentFault),
    ...clientTlsFaults(own, own.address),
    ...registryAuthFaults(own.registryAuthFile, own.address, wantsTls(own) && !own.tlsNoVerify),
  ];
  if (all.length > 0) throw new UsageError(all);
  return own.filename.length === 0 ? ['-'] : own.filename;
}

async function functionConfigOf({ own, positionals }: Flags): Promise<YAMLMap | undefined> {
  const pairs = positionals
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const);
  if (pairs.length > 0) return configMapOf(new Map(pairs));
  if (own.fnConfig === '') return undefined;
  const text = await readFile(own.fnConfig, 'utf8').catch((cause: unknown) => {
    throw new RunnerError('REQUEST_INVALID', `cannot read ${own.fnConfig}`, { cause, file: own.fnConfig });
  });
  const [config, ...others] = parseMappings(text, own.fnConfig);
  if (config === undefined || others.length > 0)
    throw new RunnerError('REQUEST_INVALID', `${own.fnConfig} has to hold one resource`);
  return config;
}

async function evaluate(flags: Flags, resourceList: Uint8Array, log: Log, io: CommandIo): Promise<EvaluationAnswer> {
  const { options, own, positionals } = flags;
  const [image = ''] = positionals;
  if (own.address === '') {
    const { evaluateHere } = await import('./evaluate-here.ts');
    return evaluateHere(image, resourceList, { options, log, io });
  }
  const { evaluateThere } = await import('./evaluate-there.ts');
  const tls = await clientTls(own, io.environment);
  const registryAuth = own.registryAuthFile === '' ? undefined : await readRegistryAuth(own.registryAuthFile);
  return evaluateThere(image, resourceList, { address: own.address, tls, registryAuth, options, signal: io.stop });
}

function report(answer: EvaluationAnswer, input: FunctionInput, io: CommandIo): ExitCode {
  const paint = paintFor(io.stderr, io.environment);
  const stderr = Buffer.from(answer.stderr).toString('utf8');
  if (stderr !== '') io.stderr.write(stderr.endsWith('\n') ? stderr : `${stderr}\n`);
  for (const result of answer.results) io.stderr.write(resultText(result, paint));
  const hidden = answer.resultCount - answer.results.length;
  if (hidden > 0) io.stderr.write(`and ${String(hidden)} more results\n`);
  if (answer.exitCode !== 0) {
    io.stderr.write(`${paint('red', 'error')}: the function failed with exit code ${String(answer.exitCode)}\n`);
    return 1;
  }
  const output = Buffer.from(answer.output).toString('utf8');
  io.stdout.write(input.wasResourceList ? output : resourcesText(output, input.indented));
  return answer.results.some((result) => result.severity === 'error') ? 1 : 0;
}
