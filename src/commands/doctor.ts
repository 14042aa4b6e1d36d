import type { OptionRow } from '../config/option-row.ts';
import { serviceOptions } from '../config/service-options.ts';
import { noCounters } from '../core/counters.ts';
import { silentLog } from '../core/log.ts';
import type { Patient } from '../doctor/patient.ts';
import { chooseRuntime } from '../runtime.ts';
import type { Command } from './command.ts';
import type { CommandIo } from './command-io.ts';
import { findingText, summaryText } from './doctor-output.ts';
import { outputJson, outputOption } from './output-option.ts';
import { flagsOfProcess } from './flags-of-process.ts';
import { gatherCommandFlags } from './service-flags.ts';
import { UsageError } from './usage-error.ts';

const ownOptions = [
  ...outputOption,
  {
    name: 'like-pid',
    kind: 'integer',
    default: '0',
    group: 'Service',
    help: 'Take the flags of the running service with this process id too, which is 1 in its container. Those of this command line count more.',
  },
] as const satisfies readonly OptionRow[];

const ownNames: ReadonlySet<string> = new Set(ownOptions.flatMap(({ name }) => [`--${name}`, `-${name}`, '-o']));

/** Looks for what keeps the service from working, from its flags to the node that pulls an image. */
export const doctorCommand: Command = {
  usage: 'doctor [IMAGE...] [flags]',
  description:
    'Looks at everything that the service needs, and changes nothing: flags, mounted files, registries, proxy, cluster, rights,\n' +
    'templates and pull secrets; with IMAGE also the whole way of that image down to the node. Takes the flags of the service.\n' +
    'In its container: function-runner doctor --like-pid=1. Exit code 1 when anything is a problem.',
  options: [...ownOptions, ...serviceOptions],
  run: async (argv, io) => {
    const { patient, output } = await read(argv, io);
    const { examine } = await import('../doctor/examine.ts');
    const findings = [];
    for await (const finding of examine(patient, io.stop)) {
      findings.push(finding);
      if (output === 'text') io.stdout.write(findingText(finding, io));
    }
    io.stdout.write(output === 'text' ? summaryText(findings, io) : outputJson(findings));
    return findings.some(({ result }) => result === 'problem') ? 1 : 0;
  },
};

async function read(
  argv: readonly string[],
  io: CommandIo,
): Promise<{ readonly patient: Patient; readonly output: 'text' | 'json' }> {
  const { environment } = io;
  const { own } = gatherCommandFlags(ownOptions, argv, environment);
  const others = own.likePid === 0 ? [] : await flagsOfProcess(own.likePid);
  const flags = gatherCommandFlags(ownOptions, [...others, ...argv], environment);
  const ours = flags.faults.filter(({ flag }) => ownNames.has(flag));
  if (ours.length > 0) throw new UsageError(ours);
  const { options, given, positionals, warnings } = flags;
  const patient: Patient = {
    options,
    given: new Set([...given].filter((name) => serviceOptions.some((row) => row.name === name))),
    faults: flags.faults.map(({ message }) => message),
    warnings,
    images: positionals,
    runtime: chooseRuntime(options, environment),
    surroundings: { environment, log: silentLog, counters: noCounters, overrides: {} },
    nowMs: Date.now(),
  };
  return { patient, output: flags.own.output };
}
