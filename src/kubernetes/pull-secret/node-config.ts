import { createHash } from 'node:crypto';

import { decodeJson, isJsonObject, type JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { parseDockerConfig } from '../../credentials/docker-config.ts';
import type { HelperChoice, HelperChoices } from '../../credentials/helper/helper-choices.ts';
import { type CredentialKey, keyTarget, matchKey, parseKey, shownKey } from '../../credentials/key.ts';
import type { Reference } from '../../image/reference.ts';
import type { RunRegistry } from '../../image/run-registries.ts';
import { type NodeEntry, nodeEntry } from './node-entry.ts';
import { nodeSpellings } from './node-key.ts';
import { withRunEntries } from './run-entries.ts';

interface Row {
  /** As the node gets it. */
  readonly key: string;
  readonly shown: string;
  readonly match: CredentialKey | undefined;
  readonly entry: NodeEntry;
}

/** Content of a pull secret. */
export interface SecretContent {
  readonly bytes: Secret;
  /** Tells it from other contents, 64 hexadecimal digits; everybody may see it who may see the secret's annotations. */
  readonly hash: string;
  /** SHA-256 of the bytes, hexadecimal: whoever sees it can try passwords against it. */
  readonly dataHash: string;
  /** That of the whole file as it is mounted, which others may have copied. */
  readonly fileHash: string;
  /** Beside our own. */
  readonly marks?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
}

type ImageName = Pick<Reference, 'domain' | 'path'>;

/** The mounted credentials as the kubelet can use them: what it does not read is turned into what it does, where possible. */
export class NodeConfig {
  /** The whole file: the very bytes of it where the kubelet reads them as we do. */
  readonly whole: SecretContent;
  /** About entries that no node can use; without their values. */
  readonly warnings: readonly string[];
  readonly #rows: readonly Row[];
  readonly #helpers: HelperChoices;
  readonly #fileHash: string;

  private constructor(whole: SecretContent, rows: readonly Row[], helpers: HelperChoices) {
    this.whole = whole;
    this.#fileHash = whole.fileHash;
    this.#rows = rows;
    this.#helpers = helpers;
    this.warnings = rows
      .filter(({ entry }) => entry.kind === 'harmful')
      .map(
        ({ shown, entry }) =>
          `credentials ${shown}: ${reasonOf(entry)}; left out of the pull secret, all of which the kubelet would refuse`,
      );
  }

  /**
   * @param runRegistries which nodes reach under another address
   * @throws RunnerError `CFG_JSON` or `CFG_SHAPE`
   */
  static parse(bytes: Uint8Array, file: string, runRegistries: readonly RunRegistry[] = []): NodeConfig {
    const { entries, helpers } = parseDockerConfig(bytes, file);
    const rows = rowsOf(runRegistries.length === 0 ? entries : withRunEntries(entries, runRegistries));
    const fileHash = hashOf(bytes);
    const isSame = rows.every(({ key, entry }) => entries.has(key) && !isChanged(entry)) && isNodeDocument(bytes);
    return new NodeConfig(contentOf(isSame ? bytes : bytesOf(rows), fileHash), rows, helpers);
  }

  /** The keys of the entries that the images need, in the order of their text; the same while only logins change. */
  keysFor(images: readonly ImageName[]): readonly string[] {
    const rows = this.#rows.filter((row) => row.entry.kind === 'usable' && images.some((image) => isFor(row, image)));
    return rows.map(({ key }) => key).toSorted();
  }

  /** Only the entries of these keys; undefined when none of them is there any more. */
  part(keys: readonly string[]): SecretContent | undefined {
    const rows = this.#rows.filter(({ key, entry }) => entry.kind === 'usable' && keys.includes(key));
    return rows.length === 0 ? undefined : contentOf(bytesOf(rows), this.#fileHash);
  }

  /** Why a node may fail to pull an image that we can read ourselves. */
  warningsFor(image: Reference): readonly string[] {
    const rows = this.#rows.filter((row) => isFor(row, image) && row.entry.kind !== 'empty');
    if (rows.some(({ entry }) => entry.kind === 'usable')) return [];
    // What it returns reaches the node in a secret of its own.
    if (this.#helperFor(image).kind === 'program') return [];
    const reasons = rows.map(({ shown, entry }) => `credentials ${shown}: ${reasonOf(entry)}`);
    if (reasons.length === 0) return [];
    return [`${image.domain}/${image.path}: the node has no credentials that it can use: ${reasons.join('; ')}`];
  }

  #helperFor({ domain, path }: ImageName): HelperChoice {
    return this.#helpers.own(keyTarget(domain, path)) ?? this.#helpers.store;
  }
}

function rowsOf(entries: ReadonlyMap<string, unknown>): readonly Row[] {
  const taken = new Set(entries.keys());
  return [...entries].map(([text, value]) => {
    const match = parseKey(text);
    const key = (match && nodeSpellings(text, match).find((spelling) => !taken.has(spelling))) ?? text;
    taken.add(key);
    return { key, shown: JSON.stringify(shownKey(text)), match, entry: nodeEntry(value) };
  });
}

function isFor({ match }: Row, { domain, path }: ImageName): boolean {
  return match !== undefined && matchKey(match, keyTarget(domain, path)) === 'yes';
}

function isChanged(entry: NodeEntry): boolean {
  return entry.kind === 'harmful' || (entry.kind === 'usable' && entry.isRewritten);
}

function reasonOf(entry: NodeEntry): string {
  return entry.kind === 'harmful' || entry.kind === 'unusable' ? entry.reason : '';
}

/** The older form has no `auths`; the API server takes no byte order mark; the kubelet wants texts in `HttpHeaders`. */
function isNodeDocument(bytes: Uint8Array): boolean {
  const document = decodeJson(bytes);
  if (!isJsonObject(document) || bytes[0] === 0xef) return false;
  const headers = fieldOf(document, 'httpheaders') ?? {};
  const hasHeaders = isJsonObject(headers) && Object.values(headers).every((value) => typeof value === 'string');
  return hasHeaders && fieldOf(document, 'auths') !== undefined;
}

function fieldOf(document: JsonObject, name: string): unknown {
  return Object.entries(document).find(([key]) => key.toLowerCase() === name)?.[1];
}

function bytesOf(rows: readonly Row[]): Uint8Array {
  const auths = rows.flatMap(({ key, entry }): readonly [string, unknown][] =>
    entry.kind === 'harmful' ? [] : [[key, entry.value]],
  );
  return Buffer.from(JSON.stringify({ auths: Object.fromEntries(auths) }));
}

function contentOf(bytes: Uint8Array, fileHash: string): SecretContent {
  const hash = hashOf(bytes);
  return { bytes: new Secret(bytes), hash, dataHash: hash, fileHash };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
