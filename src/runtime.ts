import type { Options } from './config/options.ts';
import { RunnerError } from './core/errors.ts';

/** Where function images run, and what the operator has to know about the choice. */
export interface RuntimeChoice {
  readonly runtime: 'local';
  readonly warning: string | undefined;
}

/**
 * Applies `--runtime`. There is no pod runtime in this version: asking for it is an error, and where `auto` would take
 * it, functions run locally and the log says so.
 *
 * @throws {RunnerError} `CFG_OPTION`
 */
export function chooseRuntime(
  options: Pick<Options, 'runtime' | 'kubeconfig'>,
  environment: NodeJS.ProcessEnv,
): RuntimeChoice {
  switch (options.runtime) {
    case 'local':
      return { runtime: 'local', warning: undefined };
    case 'pod':
      throw new RunnerError('CFG_OPTION', '--runtime=pod: this version has no pod runtime', {
        hint: 'Leave the flag out or give --runtime=local: functions then run in a sandbox on this machine.',
      });
    case 'auto': {
      const inCluster = (environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
      const warning = 'this version has no pod runtime: functions run in a sandbox beside the service';
      return { runtime: 'local', warning: inCluster || options.kubeconfig !== '' ? warning : undefined };
    }
  }
}
