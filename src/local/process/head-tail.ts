/** Keeps the beginning and the end of what is written to it, in bounded memory. */
export class HeadTail {
  readonly #maxHeadBytes: number;
  readonly #maxTailBytes: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxTailBytes = Math.floor(maxBytes / 2);
    this.#maxHeadBytes = maxBytes - this.#maxTailBytes;
  }

  /** Everything that was written, kept or not. */
  get totalBytes(): number {
    return this.#total;
  }

  write(chunk: Buffer): void {
    this.#total += chunk.length;
    const room = this.#maxHeadBytes - this.#headBytes;
    const head = chunk.subarray(0, room);
    if (head.length > 0) this.#head.push(head);
    this.#headBytes += head.length;
    const rest = chunk.subarray(head.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    // Trimmed seldom, so that a flood of small chunks costs linear time.
    if (this.#tailBytes > 2 * this.#maxTailBytes + 65_536) this.#trim();
  }

  /** What was kept; a line in the middle says how much was cut. */
  toBuffer(): Buffer {
    this.#trim();
    const cut = this.#total - this.#headBytes - this.#tailBytes;
    const notice = cut === 0 ? [] : [Buffer.from(`\n… ${String(cut)} bytes cut …\n`)];
    return Buffer.concat([...this.#head, ...notice, ...this.#tail]);
  }

  #trim(): void {
    const kept = Buffer.concat(this.#tail);
    const tail = Buffer.from(kept.subarray(Math.max(0, kept.length - this.#maxTailBytes)));
    this.#tail = [tail];
    this.#tailBytes = tail.length;
  }
}
