import { accessSync, constants, existsSync } from 'node:fs';
import { credentialsFile, loginFiles } from '../config/credentials-file.ts';
import type { OptionRow, OptionsOf } from '../config/option-row.ts';
import type { Options } from '../config/options.ts';
import { optionsFrom, parseFlags } from '../config/parse-flags.ts';
import { serviceOptions } from '../config/service-options.ts';
import { chooseRuntime, type Runtime } from '../runtime.ts';
import { optionRules } from './option-rules.ts';
import type { OptionFault } from '../config/parse-flags.ts';
import { argumentFault, UsageError } from './usage-error.ts';

export interface CommandFlags<Table extends readonly OptionRow[]> {
  /** The service's flags, checked. */
  readonly options: Options;
  /** The command's own flags. */
  readonly own: OptionsOf<Table>;
  /** Names of the flags that were on the command line. */
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  /** What works but is probably not meant. */
  readonly warnings: readonly string[];
}

/** Flags that may be wrong. */
export interface GatheredFlags<Table extends readonly OptionRow[]> extends CommandFlags<Table> {
  readonly faults: readonly OptionFault[];
}

/**
 * Reads a command line that may have the service's flags and a command's own.
 *
 * @param checkArguments Looks at what is no flag; returns what is wrong with it.
 * @param environment Takes part in choosing the runtime, and so in which flags have no effect; tells where the user has
 *   logged in.
 * @throws {UsageError} with all faults of flags and arguments.
 */
export function readCommandFlags<const Table extends readonly OptionRow[]>(
  own: Table,
  argv: readonly string[],
  checkArguments: (positionals: readonly string[]) => readonly string[],
  environment: NodeJS.ProcessEnv,
): CommandFlags<Table> {
  const { faults: found, ...flags } = gatherCommandFlags(own, argv, environment);
  const faults = [...found, ...checkArguments(flags.positionals).map(argumentFault)];
  if (faults.length > 0) throw new UsageError(faults);
  return flags;
}

/** As {@link readCommandFlags}; faults are returned, and a faulty flag keeps its default. */
export function gatherCommandFlags<const Table extends readonly OptionRow[]>(
  own: Table,
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): GatheredFlags<Table> {
  const flags = parseFlags([...serviceOptions, ...own], argv);
  const options = optionsFrom(serviceOptions, flags);
  const { given, positionals } = flags;
  const runtime = chooseRuntime(options, environment);
  const logins = runtime === 'local' && !isInCluster(environment) ? loginFiles(environment) : [];
  const secret = credentialsFile(options, given, { exists: existsSync, isReadable, logins });
  return {
    faults: [...flags.faults, ...optionRules.flatMap((rule) => rule(options))],
    options: { ...options, enablePrivateRegistries: secret.enabled, registryAuthSecretPath: secret.path },
    own: optionsFrom(own, flags),
    given,
    positionals,
    warnings: [...(secret.warning === undefined ? [] : [secret.warning]), ...withoutEffect(options, given, runtime)],
  };
}

function isInCluster(environment: NodeJS.ProcessEnv): boolean {
  return (environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Flags that one runtime alone looks at. `--kubeconfig` is not one of them: it takes part in choosing the runtime. */
const flagsOf: Readonly<Record<Runtime, readonly string[]>> = {
  pod: serviceOptions.filter(({ group, name }) => group === 'Pods' && name !== 'kubeconfig').map(({ name }) => name),
  local: serviceOptions.filter(({ group }) => group === 'Local runtime').map(({ name }) => name),
};

/** Flags that only count together with another one that is not on. */
function withoutEffect(options: Options, given: ReadonlySet<string>, runtime: Runtime): readonly string[] {
  const needs = [
    ['registry-auth-secret-path', 'enable-private-registries', options.enablePrivateRegistries],
    ['tls-secret-path', 'enable-private-registries-tls', options.enablePrivateRegistriesTls],
  ] as const;
  const lone = needs.flatMap(([flag, other, on]) =>
    given.has(flag) && !on ? [`--${flag} has no effect without --${other}`] : [],
  );
  const other = runtime === 'pod' ? 'local' : 'pod';
  const unused = flagsOf[other].filter((name) => given.has(name)).map((name) => `--${name}`);
  return unused.length === 0 ? lone : [...lone, `no effect with the ${runtime} runtime: ${unused.join(', ')}`];
}
