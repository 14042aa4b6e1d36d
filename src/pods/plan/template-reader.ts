import { RunnerError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** Reads the fields of one template that someone wrote, and says where it is wrong. */
export class TemplateReader {
  readonly #source: string;

  /** @param source what is read, for messages, like `PodTemplate porch-fn-system/base-pod-template` */
  constructor(source: string) {
    this.#source = source;
  }

  fault(field: string, problem: string, cause?: unknown): RunnerError {
    return new RunnerError('POD_TEMPLATE', `${this.#source}: ${field} ${problem}`, {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Correct the template; "function-runner template" prints one that works.',
    });
  }

  /** Empty when there is none. */
  object(parent: JsonObject, key: string, path: string): JsonObject {
    const value = parent[key] ?? {};
    if (!isJsonObject(value)) throw this.fault(path, 'is not an object');
    return value;
  }

  /** Undefined when there is none. */
  objects(parent: JsonObject, key: string, path: string): readonly JsonObject[] | undefined {
    return this.#list(parent, key, path)?.map((item, index) => {
      if (!isJsonObject(item)) throw this.fault(`${path}[${String(index)}]`, 'is not an object');
      return item;
    });
  }

  /** Undefined when there is none. */
  named<T>(
    parent: JsonObject,
    key: string,
    path: string,
    read: (item: JsonObject & { readonly name: string }, path: string) => T,
  ): readonly T[] | undefined {
    return this.objects(parent, key, path)?.map((item, index) => {
      const itemPath = `${path}[${String(index)}]`;
      const name = this.text(item, 'name', `${itemPath}.name`);
      if (name === undefined || name === '') throw this.fault(`${itemPath}.name`, 'is missing');
      return read({ ...item, name }, itemPath);
    });
  }

  /** Undefined when there is none. */
  texts(parent: JsonObject, key: string, path: string): readonly string[] | undefined {
    return this.#list(parent, key, path)?.map((item, index) => {
      if (typeof item !== 'string') throw this.fault(`${path}[${String(index)}]`, 'is not a text: quote it');
      return item;
    });
  }

  /** Undefined when there is none. */
  text(parent: JsonObject, key: string, path: string): string | undefined {
    const value = parent[key] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw this.fault(path, 'is not a text: quote it');
    return value;
  }

  /** Labels or annotations; empty when there are none. */
  textMap(parent: JsonObject, key: string, path: string): Readonly<Record<string, string>> {
    const entries = Object.entries(this.object(parent, key, path)).map(([name, value]) => {
      if (typeof value !== 'string') throw this.fault(`${path}[${JSON.stringify(name)}]`, 'is not a text: quote it');
      return [name, value] as const;
    });
    return Object.fromEntries(entries);
  }

  #list(parent: JsonObject, key: string, path: string): readonly unknown[] | undefined {
    const value = parent[key] ?? undefined;
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.fault(path, 'is not a list');
    const list: readonly unknown[] = value;
    return list;
  }
}
