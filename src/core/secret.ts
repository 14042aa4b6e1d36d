import { inspect } from 'node:util';

const redacted = '[redacted]';

/** Bytes that must not be shown. Every way of printing it gives `[redacted]`; only {@link Secret.reveal} gives the bytes. */
export class Secret {
  readonly #bytes: Buffer;

  constructor(value: string | Uint8Array) {
    this.#bytes = Buffer.from(value);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The bytes themselves. Call it only where they go on the wire. */
  reveal(): Buffer {
    return this.#bytes;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
