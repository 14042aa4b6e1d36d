import type { Options } from './config/options.ts';

/** Where function images run. */
export type Runtime = 'pod' | 'local';

/**
 * Applies `--runtime`. `auto` takes pods only where that is clearly meant: inside a cluster, or with a `--kubeconfig`. A
 * laptop whose default configuration happens to point at a cluster creates none there.
 */
export function chooseRuntime(
  options: Pick<Options, 'runtime' | 'kubeconfig'>,
  environment: NodeJS.ProcessEnv,
): Runtime {
  switch (options.runtime) {
    case 'local':
    case 'pod':
      return options.runtime;
    case 'auto':
      return (environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '' || options.kubeconfig !== '' ? 'pod' : 'local';
  }
}
