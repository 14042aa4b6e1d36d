/** Writes one after another, and once for all that was asked for meanwhile. */
export class StatusWriter {
  readonly #write: () => Promise<void>;
  #wanted = false;
  #running = false;

  /** @param write does not reject */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  request(): void {
    this.#wanted = true;
    if (!this.#running) this.#loop().catch(() => undefined);
  }

  async #loop(): Promise<void> {
    this.#running = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.#write();
    }
    this.#running = false;
  }
}
