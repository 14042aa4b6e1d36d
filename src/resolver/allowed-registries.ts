import { RunnerError } from '../core/errors.ts';
import { ImagePattern } from '../image/image-pattern.ts';
import { quoteInput } from '../image/quote.ts';
import type { Reference } from '../image/reference.ts';

const maxFaults = 5;

/** The registries and repositories that `--allowed-registries` names; without any all are allowed. */
export class AllowedRegistries {
  readonly #patterns: readonly ImagePattern[];

  private constructor(patterns: readonly ImagePattern[]) {
    this.#patterns = patterns;
  }

  /** Throws `CFG_OPTION` naming the patterns that are wrong and what would be right. */
  static parse(list: readonly string[]): AllowedRegistries {
    const parsed = list.map((text) => ({ text, pattern: ImagePattern.parse(text) }));
    const faults = parsed.flatMap(({ text, pattern }) =>
      'fault' in pattern ? [`${quoteInput(text)} ${pattern.fault}`] : [],
    );
    if (faults.length > 0) throw new RunnerError('CFG_OPTION', `--allowed-registries: ${shown(faults)}`);
    return new AllowedRegistries(parsed.flatMap(({ pattern }) => ('fault' in pattern ? [] : [pattern])));
  }

  /** @throws {RunnerError} `REGISTRY_NOT_ALLOWED` */
  admit(reference: Reference): Reference {
    if (this.#patterns.length === 0 || this.#patterns.some((pattern) => pattern.matches(reference))) return reference;
    const { domain, path } = reference;
    throw new RunnerError('REGISTRY_NOT_ALLOWED', `${domain}/${path} is in none of the --allowed-registries`, {
      registry: domain,
      hint: `Take an image of a registry that is allowed, or have ${domain} added to --allowed-registries.`,
    });
  }
}

function shown(faults: readonly string[]): string {
  const hidden = faults.length - maxFaults;
  return faults.slice(0, maxFaults).join('; ') + (hidden > 0 ? `; and ${String(hidden)} more` : '');
}
