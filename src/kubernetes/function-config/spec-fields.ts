import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** What is wrong with a FunctionConfig, beginning with where. Holds no value of an environment variable. */
export class SpecProblem extends Error {}

/** One object of a spec; what is read must be of its type, or absent. */
export class SpecFields {
  readonly #raw: JsonObject;
  readonly #place: string;

  constructor(raw: JsonObject, place: string) {
    this.#raw = raw;
    this.#place = place;
  }

  /** Empty when absent. */
  text(name: string): string {
    const value = this.#raw[name] ?? '';
    return typeof value === 'string' ? value : this.fail(name, 'is not a text');
  }

  /** Undefined when absent or 0. */
  count(name: string): number | undefined {
    const value = this.#raw[name] ?? 0;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value === 0 ? undefined : value;
    return this.fail(name, 'is not a whole number from 0 up');
  }

  /** Empty when absent. */
  texts(name: string): readonly string[] {
    const value = this.#raw[name] ?? [];
    if (!Array.isArray(value)) return this.fail(name, 'is not a list');
    return value.map((item: unknown) =>
      typeof item === 'string' ? item : this.fail(name, 'holds what is not a text'),
    );
  }

  object(name: string): JsonObject | undefined {
    const value = this.#raw[name];
    if (value === undefined || value === null) return undefined;
    return isJsonObject(value) ? value : this.fail(name, 'is not an object');
  }

  objects(name: string): readonly JsonObject[] | undefined {
    const value = this.#raw[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) return this.fail(name, 'is not a list');
    return value.map((item: unknown) => (isJsonObject(item) ? item : this.fail(name, 'holds what is not an object')));
  }

  fields(name: string): SpecFields | undefined {
    const value = this.object(name);
    return value && new SpecFields(value, `${this.#place}.${name}`);
  }

  fail(name: string, problem: string): never {
    throw new SpecProblem(`${this.#place}.${name} ${problem}`);
  }
}
