import type { Resource } from './resource.ts';

/** What the function is asked to do. */
export interface SetNamespaceConfig {
  readonly namespace: string;
  /** Only fields that hold this namespace now are changed; all of them when undefined. */
  readonly matcher: string | undefined;
}

/** The configuration is not one this function takes. */
export class ConfigError extends Error {}

/**
 * Reads a functionConfig: a ConfigMap with `data.namespace`, kpt's package context (the ConfigMap `kptfile.kpt.dev`
 * with `data.name`), or a `SetNamespace` of `fn.kpt.dev/v1alpha1`. Throws {@link ConfigError}.
 */
export function readConfig(functionConfig: Resource | undefined): SetNamespaceConfig {
  if (functionConfig === undefined)
    throw new ConfigError('functionConfig is missing: give a ConfigMap with data.namespace');
  const { apiVersion, kind, name } = functionConfig;
  if (apiVersion === 'fn.kpt.dev/v1alpha1' && kind === 'SetNamespace') {
    return config(functionConfig, [['namespace']], ['namespaceMatcher']);
  }
  if (apiVersion !== 'v1' || kind !== 'ConfigMap') {
    throw new ConfigError(
      `functionConfig is a ${apiVersion} ${kind}: give a v1 ConfigMap or a fn.kpt.dev/v1alpha1 SetNamespace`,
    );
  }
  const context = name === 'kptfile.kpt.dev' ? [['data', 'name']] : [];
  return config(functionConfig, [['data', 'namespace'], ...context], ['data', 'namespaceMatcher']);
}

function config(from: Resource, paths: readonly string[][], matcherPath: readonly string[]): SetNamespaceConfig {
  const namespace = paths.map((path) => from.text(path) ?? '').find((text) => text !== '');
  if (namespace === undefined) {
    throw new ConfigError(
      `${paths.map((path) => path.join('.')).join(' and ')} of the functionConfig must not be empty`,
    );
  }
  const matcher = from.text(matcherPath) ?? '';
  return { namespace, matcher: matcher === '' ? undefined : matcher };
}
