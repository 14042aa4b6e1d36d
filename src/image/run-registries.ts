import { RunnerError, toRunnerError } from '../core/errors.ts';
import { quoteInput } from './quote.ts';
import { isDomainLike } from './reference-grammar.ts';
import { atDomain, parseReference, type Reference } from './reference.ts';

const maxFaultsShown = 5;

/** One registry under two addresses, `host[:port]` each. */
export interface RunRegistry {
  /** Where images are looked up. */
  readonly resolve: string;
  /** Under which nodes pull them. */
  readonly run: string;
}

/** Registries that nodes reach under another address than we do, as `--run-registry` says: with images of the same names in them. */
export class RunRegistries {
  readonly pairs: readonly RunRegistry[];
  readonly #byResolve: ReadonlyMap<string, string>;
  readonly #byRun: ReadonlyMap<string, string>;

  private constructor(pairs: readonly RunRegistry[]) {
    this.pairs = pairs;
    this.#byResolve = new Map(pairs.map(({ resolve, run }) => [resolve, run]));
    this.#byRun = new Map(pairs.map(({ resolve, run }) => [run, resolve]));
  }

  /** @param list `RESOLVE=RUN` each. Throws `CFG_OPTION` naming every one that is wrong and what would be right. */
  static parse(list: readonly string[]): RunRegistries {
    const parsed = list.map((text) => ({ text, pair: parsePair(text) }));
    const faults = parsed.flatMap(({ text, pair }) => ('fault' in pair ? [`${quoteInput(text)} ${pair.fault}`] : []));
    const pairs = parsed.flatMap(({ pair }) => ('fault' in pair ? [] : [pair]));
    faults.push(...pairs.flatMap((pair, index) => clashOf(pair, pairs.slice(0, index))));
    if (faults.length > 0) throw new RunnerError('CFG_OPTION', `--run-registry: ${shownFaults(faults)}`);
    return new RunRegistries(pairs);
  }

  /** The same image where it is looked up; as the caller wrote it still. */
  toResolve(reference: Reference): Reference {
    const domain = this.#byRun.get(reference.domain);
    return domain === undefined ? reference : { ...atDomain(reference, domain), input: reference.input };
  }

  /** Both addresses of a registry that is looked up at this one; where there is but one, that. */
  addressesOf(domain: string): readonly string[] {
    const run = this.#byResolve.get(domain);
    return run === undefined ? [domain] : [domain, run];
  }

  /** The same image where nodes pull it. Takes either. */
  toRun(reference: Reference): Reference {
    const domain = this.#byResolve.get(reference.domain);
    return domain === undefined ? reference : atDomain(reference, domain);
  }
}

function parsePair(text: string): RunRegistry | { readonly fault: string } {
  const [resolve = '', run, ...others] = text.split('=');
  if (run === undefined || others.length > 0) {
    return { fault: 'is not RESOLVE=RUN; write registry.example.svc:5000=localhost:32000' };
  }
  const addresses = [resolve, run].map(addressOf);
  const fault = addresses.find((address) => typeof address !== 'string');
  if (fault !== undefined) return fault;
  const [first = '', second = ''] = addresses.filter((address) => typeof address === 'string');
  return first === second ? { fault: 'names one address twice' } : { resolve: first, run: second };
}

function shownFaults(faults: readonly string[]): string {
  const different = [...new Set(faults)];
  const rest = different.length - maxFaultsShown;
  return [...different.slice(0, maxFaultsShown), ...(rest > 0 ? [`and ${String(rest)} more`] : [])].join('; ');
}

/** In the spelling of references. */
function addressOf(text: string): string | { readonly fault: string } {
  if (text.includes('://')) return { fault: `has a scheme in ${quoteInput(text)}; write host[:port] alone` };
  if (text.includes('/')) return { fault: `has a path in ${quoteInput(text)}; write host[:port] alone` };
  if (!isDomainLike(text))
    return { fault: `has no registry in ${quoteInput(text)}; write host:port, or a host with a dot` };
  try {
    return parseReference(`${text}/name`).domain;
  } catch (thrown) {
    return { fault: `has no registry in ${quoteInput(text)}: ${toRunnerError(thrown).message.replace(/^.*?: /, '')}` };
  }
}

/** What an image name would have two meanings with. */
function clashOf({ resolve, run }: RunRegistry, others: readonly RunRegistry[]): readonly string[] {
  return [
    ...(others.some((other) => other.resolve === resolve)
      ? [`${resolve} is looked up for two addresses; nodes need one`]
      : []),
    ...(others.some((other) => other.run === run) ? [`${run} stands for two registries`] : []),
    ...(others.some((other) => other.run === resolve) ? [`${resolve} is both looked up and run as`] : []),
    ...(others.some((other) => other.resolve === run) ? [`${run} is both looked up and run as`] : []),
  ];
}
