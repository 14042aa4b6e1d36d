/** Takes exact numbers of bytes from a stream of chunks of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `count` bytes without taking them; fewer at the end of the stream. For small counts. */
  async peek(count: number): Promise<Buffer> {
    while (this.#chunk.length < count) {
      const next = await this.#source.next();
      if (next.done === true) break;
      this.#chunk = this.#chunk.length === 0 ? next.value : Buffer.concat([this.#chunk, next.value]);
    }
    return this.#chunk.subarray(0, count);
  }

  /** At most `count` bytes, at least one; nothing at the end of the stream. */
  async take(count: number): Promise<Buffer> {
    const taken = (await this.peek(1)).length === 0 ? this.#chunk : this.#chunk.subarray(0, count);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  /** All that is left. */
  async *rest(): AsyncGenerator<Buffer, void> {
    for (let chunk = await this.take(Infinity); chunk.length > 0; chunk = await this.take(Infinity)) yield chunk;
  }
}
