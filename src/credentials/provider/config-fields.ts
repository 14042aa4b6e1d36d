import { RunnerError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

const hint = 'Correct the file; it is the one that the kubelet takes as --image-credential-provider-config.';

/** Reads the fields of one object of a file, and says where it is wrong. */
export class ConfigFields {
  readonly #raw: JsonObject;
  readonly #place: string;

  /** @param place the object, for messages */
  constructor(raw: JsonObject, place: string) {
    this.#raw = raw;
    this.#place = place;
  }

  fault(problem: string): RunnerError {
    return new RunnerError('CFG_SHAPE', `${this.#place}: ${problem}`, { hint });
  }

  within(raw: JsonObject, name: string): ConfigFields {
    return new ConfigFields(raw, `${this.#place}: ${name}`);
  }

  /** Refuses what a typing error would leave out. */
  only(names: readonly string[]): void {
    const unknown = Object.keys(this.#raw).find((key) => !names.includes(key));
    if (unknown !== undefined) throw this.fault(`there is no field ${JSON.stringify(unknown.slice(0, 100))}`);
  }

  text(name: string, otherwise?: string): string {
    const value = this.#raw[name] ?? otherwise;
    if (value === undefined) throw this.fault(`${name} is missing`);
    if (typeof value !== 'string') throw this.fault(`${name} is not a text: quote it`);
    return value;
  }

  /** Empty when there is none. */
  texts(name: string): readonly string[] {
    return this.list(name).map((item, index) => {
      if (typeof item !== 'string') throw this.fault(`${name}[${String(index)}] is not a text: quote it`);
      return item;
    });
  }

  /** Empty when there is none. */
  list(name: string): readonly unknown[] {
    const value = this.#raw[name] ?? [];
    if (!Array.isArray(value)) throw this.fault(`${name} is not a list`);
    const list: readonly unknown[] = value;
    return list;
  }
}
