import { isMap, isScalar, isSeq, type YAMLMap } from 'yaml';
import { groupOf, isNamespacedKind } from './scope.ts';

/** One KRM resource of the list, as YAML nodes, so that what is not changed keeps its comments and its style. */
export class Resource {
  readonly #node: YAMLMap;

  constructor(node: YAMLMap) {
    this.#node = node;
  }

  get apiVersion(): string {
    return this.text(['apiVersion']) ?? '';
  }

  get group(): string {
    return groupOf(this.apiVersion);
  }

  get kind(): string {
    return this.text(['kind']) ?? '';
  }

  get name(): string {
    return this.text(['metadata', 'name']) ?? '';
  }

  /** A custom resource says by having a namespace that it lives in one. */
  get isNamespaced(): boolean {
    return isNamespacedKind(this.group, this.kind) ?? this.text(['metadata', 'namespace']) !== undefined;
  }

  /** Never applied to a cluster: kpt's own files, and what is marked as local configuration. */
  get isLocal(): boolean {
    const mark = this.annotation('config.kubernetes.io/local-config') ?? 'false';
    return (mark !== '' && mark !== 'false') || this.group === 'kpt.dev';
  }

  annotation(name: string): string | undefined {
    return this.text(['metadata', 'annotations', name]);
  }

  /** The text at a path of keys and list indices; undefined where there is none. */
  text(path: readonly (string | number)[]): string | undefined {
    const value: unknown = this.#node.getIn(path);
    return typeof value === 'string' ? value : undefined;
  }

  /** How many elements the list at this path has. */
  length(path: readonly string[]): number {
    const list: unknown = this.#node.getIn(path);
    return isSeq(list) ? list.items.length : 0;
  }

  /** Writes text; a new `metadata.namespace` goes right below the name, where people look for it. */
  set(path: readonly (string | number)[], value: string): void {
    const metadata = this.#node.get('metadata');
    const isNew = path.join('.') === 'metadata.namespace' && this.text(path) === undefined;
    this.#node.setIn(path, value);
    if (!isNew || !isMap(metadata)) return;
    const pair = metadata.items.pop();
    const name = metadata.items.findIndex(({ key }) => isScalar(key) && key.value === 'name');
    if (pair !== undefined) metadata.items.splice(name + 1, 0, pair);
  }
}
