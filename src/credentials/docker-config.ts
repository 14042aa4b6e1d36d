import { basename } from 'node:path';

import { RunnerError } from '../core/errors.ts';
import { decodeJson, isJsonObject, type JsonObject } from '../core/json.ts';
import { holdsCredentialField } from './entry.ts';
import { HelperChoices } from './helper/helper-choices.ts';

/** What a Kubernetes secret can hold at most. */
const maxBytes = 1024 * 1024;
const hint = 'Store the registry credentials as JSON: {"auths": {"registry.example.com": {"auth": "…"}}}.';

export interface DockerConfig {
  /** Unread entries by key, in the order of the file; a repeated key keeps its last entry. */
  readonly entries: ReadonlyMap<string, unknown>;
  readonly helpers: HelperChoices;
  readonly warnings: readonly string[];
}

/**
 * A `.dockerconfigjson`, or the older `.dockercfg`, which is the content of `auths` alone. Field names count in any
 * case, as Go reads them; of a field given twice in the same spelling the last one counts. No error quotes the document.
 *
 * @param file is named in errors, and tells the older form by its name
 * @throws RunnerError `CFG_JSON` or `CFG_SHAPE`
 */
export function parseDockerConfig(bytes: Uint8Array, file: string): DockerConfig {
  const document = parseDocument(bytes, file);
  const sections = Object.entries(document).filter(([key]) => key.toLowerCase() === 'auths');
  const entries = new Map<string, unknown>(sections.length > 0 ? [] : legacyEntries(document, file));
  for (const [, auths] of sections) {
    if (auths === null) continue;
    if (!isJsonObject(auths)) throw new RunnerError('CFG_SHAPE', `${file}: auths is not an object`, { file, hint });
    for (const [key, entry] of Object.entries(auths)) entries.set(key, entry);
  }
  const helpers = isLegacy(file) ? HelperChoices.none : HelperChoices.parse(document, file);
  return { entries, helpers, warnings: helpers.warnings };
}

function parseDocument(bytes: Uint8Array, file: string): JsonObject {
  if (bytes.length > maxBytes) {
    throw new RunnerError('CFG_SHAPE', `${file}: larger than ${String(maxBytes)} bytes`, { file, hint });
  }
  let document: unknown;
  try {
    document = decodeJson(bytes);
  } catch (thrown) {
    const problem = thrown instanceof SyntaxError ? thrown.message : 'not valid JSON';
    throw new RunnerError('CFG_JSON', `${file}: ${problem}`, { file, hint });
  }
  if (!isJsonObject(document)) throw new RunnerError('CFG_SHAPE', `${file}: not a JSON object`, { file, hint });
  return document;
}

/** By its name the whole document is entries; else only what looks like one, since a config file has other fields too. */
function legacyEntries(document: JsonObject, file: string): readonly [string, unknown][] {
  const entries = Object.entries(document);
  return isLegacy(file) ? entries : entries.filter(([, value]) => holdsCredentialField(value));
}

function isLegacy(file: string): boolean {
  return basename(file) === '.dockercfg';
}
