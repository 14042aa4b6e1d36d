import { RunnerError } from '../../core/errors.ts';
import type { Platform } from '../../image/platform.ts';
import { parseDescriptor } from './descriptor.ts';
import type { Descriptor } from './descriptor.ts';
import { isJsonObject } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import { imageConfigTypes, imageTypes, indexTypes, simpleMediaType } from './media-type.ts';
import { safeText } from '../../core/safe-text.ts';
import { topLevelKeys } from './top-level-keys.ts';

/** One entry of an index; entries that are neither manifest nor index are left out. */
interface IndexEntry extends Descriptor {
  readonly platform: Platform | undefined;
}

interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly entries: readonly IndexEntry[];
}

export type Manifest = ImageManifest | ImageIndex;

const maxListItems = 10_000;

/**
 * Reads a manifest or index of OCI or Docker schema 2 (registry-behaviour 4.3). What could be read as either is refused
 * (CVE-2021-41190). `contentType` is the header as it came. Throws `MAN_TYPE`.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  const stated = simpleMediaType(contentType);
  if (stated !== '' && !indexTypes.has(stated) && !imageTypes.has(stated)) throw unsupported(stated);
  const { json, keys } = parseObject(bytes);
  const mediaType = agreedType(stated, json);
  if (json['schemaVersion'] !== 2) throw malformed('its schemaVersion is not 2');
  const isIndex = indexTypes.has(mediaType);
  for (const name of isIndex ? ['config', 'layers', 'fslayers'] : ['manifests', 'fslayers']) {
    if (keys.includes(name)) throw malformed(`it is ${isIndex ? 'an index' : 'an image manifest'} and has "${name}"`);
  }
  return isIndex ? parseIndex(json, mediaType) : parseImage(json, mediaType);
}

function parseObject(bytes: Uint8Array): { readonly json: JsonObject; readonly keys: readonly string[] } {
  let json: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
  if (!isJsonObject(json)) throw malformed('it is not a JSON object');
  const keys = topLevelKeys(text).map((key) => key.toLowerCase());
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw malformed(`it has "${safeText(twice, 40)}" twice`);
  return { json, keys };
}

/** The header and the body's own word must not differ; where both are silent, the fields tell (MT4, MT5). */
function agreedType(stated: string, json: JsonObject): string {
  const own = json['mediaType'];
  if (own !== undefined && typeof own !== 'string') throw malformed('its mediaType is not a string');
  if (stated !== '' && own !== undefined && own !== stated) {
    throw malformed(`it says ${safeText(own, 100)} and was sent as ${stated}`);
  }
  const type = stated === '' ? own : stated;
  if (type === undefined) return sniffedType(json);
  if (!indexTypes.has(type) && !imageTypes.has(type)) throw unsupported(type);
  return type;
}

function sniffedType(json: JsonObject): string {
  if ('manifests' in json) return 'application/vnd.oci.image.index.v1+json';
  if ('config' in json && 'layers' in json) return 'application/vnd.oci.image.manifest.v1+json';
  throw malformed('nothing says what it is');
}

function parseImage(json: JsonObject, mediaType: string): ImageManifest {
  const config = parseDescriptor(json['config'], 'config');
  if (!imageConfigTypes.has(config.mediaType)) {
    throw new RunnerError('MAN_TYPE', `this is no container image: its config is ${safeText(config.mediaType, 100)}`, {
      hint: 'Name a container image; charts, modules and signatures cannot be run.',
    });
  }
  const layers = parseList(json['layers'], 'layers').map((layer, at) =>
    parseDescriptor(layer, `layer ${String(at + 1)}`),
  );
  return { kind: 'image', mediaType, config, layers };
}

function parseIndex(json: JsonObject, mediaType: string): ImageIndex {
  const entries = parseList(json['manifests'], 'manifests').flatMap((entry, at): readonly IndexEntry[] => {
    const type = isJsonObject(entry) ? entry['mediaType'] : undefined;
    if (typeof type === 'string' && !indexTypes.has(type) && !imageTypes.has(type)) return [];
    const descriptor = parseDescriptor(entry, `entry ${String(at + 1)}`);
    return [{ ...descriptor, platform: isJsonObject(entry) ? parseEntryPlatform(entry['platform']) : undefined }];
  });
  return { kind: 'index', mediaType, entries };
}

/** An entry that does not say, or says it in a form of its own, is one whose config decides. */
function parseEntryPlatform(value: unknown): Platform | undefined {
  if (!isJsonObject(value)) return undefined;
  const { os, architecture, variant } = value;
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === '' || architecture === '') return undefined;
  return typeof variant === 'string' && variant !== '' ? { os, architecture, variant } : { os, architecture };
}

function parseList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`its ${name} are not a list`);
  if (value.length > maxListItems) throw malformed(`it has ${String(value.length)} ${name}`);
  return value;
}

function unsupported(type: string): RunnerError {
  const isSchema1 = type.startsWith('application/vnd.docker.distribution.manifest.v1+');
  return new RunnerError('MAN_TYPE', `the registry sent ${safeText(type, 100)}, which is no manifest that can be run`, {
    hint: isSchema1
      ? 'Push the image again with a current tool; Docker schema 1 is not supported.'
      : 'Name a container image in OCI or Docker schema 2 format.',
  });
}

function malformed(reason: string): RunnerError {
  return new RunnerError('MAN_TYPE', `the manifest cannot be trusted: ${reason}`, { hint: 'Push the image again.' });
}
