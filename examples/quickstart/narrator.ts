import type { DiffLine } from './line-diff.ts';

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Tells what happens, one numbered line a step. Colours only on a terminal, and never with `NO_COLOR`. */
export class Narrator {
  readonly #output: Output;
  readonly #colours: boolean;
  #steps = 0;

  constructor(output: Output, environment: NodeJS.ProcessEnv) {
    this.#output = output;
    this.#colours = output.isTTY === true && (environment['NO_COLOR'] ?? '') === '';
  }

  /** The next numbered line. */
  step(text: string): void {
    this.#steps += 1;
    this.#line(`${String(this.#steps).padStart(2)}. ${text}`);
  }

  /** More about the last step. */
  more(...lines: readonly string[]): void {
    for (const line of lines) this.#line(`    ${line}`);
  }

  text(...lines: readonly string[]): void {
    for (const line of lines) this.#line(line);
  }

  diff(name: string, hunks: readonly (readonly DiffLine[])[]): void {
    this.#line(this.#coloured(1, `    ${name}`));
    for (const [index, hunk] of hunks.entries()) {
      if (index > 0) this.#line('      ...');
      for (const line of hunk) this.#line(this.#diffLine(line));
    }
  }

  #diffLine({ kind, text }: DiffLine): string {
    switch (kind) {
      case 'same':
        return `      ${text}`;
      case 'removed':
        return this.#coloured(31, `    - ${text}`);
      case 'added':
        return this.#coloured(32, `    + ${text}`);
    }
  }

  /** `code` as SGR (ECMA-48, 8.3.117) has it: 1 bold, 31 red, 32 green. */
  #coloured(code: number, text: string): string {
    return this.#colours ? `\u001B[${String(code)}m${text}\u001B[0m` : text;
  }

  #line(text: string): void {
    this.#output.write(`${text.trimEnd()}\n`);
  }
}
