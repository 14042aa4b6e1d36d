import type { Reference } from '../image/reference.ts';
import { anonymous, type Candidate, withoutRepeats } from './candidate.ts';
import { parseDockerConfig } from './docker-config.ts';
import { parseEntry, type Entry } from './entry.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type HelperChoice, HelperChoices } from './helper/helper-choices.ts';
import type { MissingCredentials } from './missing-credentials.ts';
import { compareKeys, hasUpperCaseHost, keyTarget, matchKey, parseKey, shownKey, type CredentialKey } from './key.ts';

interface Slot {
  readonly key: CredentialKey;
  readonly candidate: Candidate;
}

/** Credentials for one image, and what an operator should know about them. */
export interface Lookup {
  /** In the order in which to try them, the next one only after 401 or 403; never empty. */
  readonly candidates: readonly Candidate[];
  readonly warnings: readonly string[];
  /** What should have held credentials too. */
  readonly missing?: readonly MissingCredentials[];
  /** Programs would say it anew: it has to be looked up again before a registry is asked. */
  readonly isOld?: boolean;
}

/**
 * The registry credentials of a docker config, found as the kubelet finds them (patterns, ports, paths), but a path
 * matches whole segments only and the most particular key comes first.
 */
export class Keyring {
  static readonly empty = new Keyring([], HelperChoices.none, []);

  readonly warnings: readonly string[];
  readonly #slots: readonly Slot[];
  readonly #helpers: HelperChoices;

  private constructor(slots: readonly Slot[], helpers: HelperChoices, warnings: readonly string[]) {
    this.#slots = slots.toSorted((a, b) => compareKeys(a.key, b.key));
    this.#helpers = helpers;
    this.warnings = warnings;
  }

  /**
   * @param origin shown before each key, where there are other keyrings: `pull secret NAME: `
   * @throws RunnerError `CFG_JSON` or `CFG_SHAPE`; a single bad entry is kept as broken instead
   */
  static parse(bytes: Uint8Array, file: string, origin = ''): Keyring {
    const config = parseDockerConfig(bytes, file);
    const warnings = [...config.warnings];
    const slots: Slot[] = [];
    for (const [text, value] of config.entries) {
      const key = parseKey(text);
      const entry = parseEntry(value);
      warnings.push(...entryWarnings(text, key, entry));
      if (key === undefined || entry.kind === 'empty') continue;
      slots.push({ key, candidate: candidateOf(origin + shownKey(text), entry) });
    }
    return new Keyring(slots, config.helpers, warnings);
  }

  /** The keys that can match something, as in the file but without user information, in the order of their precedence. */
  get keys(): readonly string[] {
    return this.#slots.map(({ candidate }) => candidate.key);
  }

  /**
   * Every credential of several keyrings that matches the image: the most particular key first, and of equals that of the
   * earlier keyring (registry-behaviour P5, P13).
   */
  static lookupIn(keyrings: readonly Keyring[], reference: Pick<Reference, 'domain' | 'path'>): Lookup {
    const slots = keyrings.flatMap((keyring) => keyring.#slots).toSorted((a, b) => compareKeys(a.key, b.key));
    return lookupAmong(slots, reference);
  }

  /**
   * The program to ask for the image's login, before anything in the file: that of `credHelpers`, which is about one
   * registry. That of `credsStore` is about all of them, so only where nothing in the file matches.
   */
  helperFor(reference: Pick<Reference, 'domain' | 'path'>): Exclude<HelperChoice, { kind: 'off' }> | undefined {
    const target = keyTarget(reference.domain, reference.path);
    const isInFile = this.#slots.some(({ key }) => matchKey(key, target) === 'yes');
    const choice = this.#helpers.own(target) ?? (isInFile ? undefined : this.#helpers.store);
    return choice?.kind === 'off' ? undefined : choice;
  }
}

function lookupAmong(slots: readonly Slot[], reference: Pick<Reference, 'domain' | 'path'>): Lookup {
  const target = keyTarget(reference.domain, reference.path);
  const matches = slots.map(({ key, candidate }) => ({ candidate, match: matchKey(key, target) }));
  const found = withoutRepeats(matches.filter(({ match }) => match === 'yes').map(({ candidate }) => candidate));
  return {
    candidates: found.length === 0 ? [anonymous] : found,
    warnings: matches
      .filter(({ match }) => match === 'sibling')
      .map(
        ({ candidate }) =>
          `credentials ${JSON.stringify(candidate.key)} are not for ${reference.domain}/${reference.path}, ` +
          'but the kubelet, which compares the text only, will also offer them',
      ),
  };
}

function candidateOf(key: string, entry: Exclude<Entry, { kind: 'empty' }>): Candidate {
  if (entry.kind === 'broken') return { kind: 'broken', key, reason: entry.reason };
  return { kind: 'login', key, login: entry.login, fingerprint: fingerprintOf(entry.login) };
}

function entryWarnings(text: string, key: CredentialKey | undefined, entry: Entry): readonly string[] {
  const shown = JSON.stringify(shownKey(text));
  if (key === undefined) return [`credentials ${shown}: the key is not a host with optional port and path; skipped`];
  if (entry.kind === 'broken') return [`credentials ${shown}: ${entry.reason}; images that need them will fail`];
  const warnings: string[] = [];
  if (hasUpperCaseHost(text)) {
    warnings.push(
      `credentials ${shown}: matched in lower case here, but the kubelet will not match an upper-case host`,
    );
  }
  if (
    entry.kind === 'login' &&
    entry.login.kind === 'basic' &&
    [10, 13].includes(entry.login.password.reveal().at(-1) ?? 0)
  ) {
    warnings.push(`credentials ${shown}: the password ends with a line break, which is sent as a part of it`);
  }
  if (entry.kind === 'login' && entry.login.kind.endsWith('-token')) {
    warnings.push(`credentials ${shown}: holds a token that the node will not use when it pulls the image`);
  }
  return warnings;
}
