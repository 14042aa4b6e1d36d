import { load, YAMLException } from 'js-yaml';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type ProviderPattern, parseProviderPattern } from './provider-pattern.ts';
import { ConfigFields } from './config-fields.ts';

/** A program that gives registry credentials, as the kubelet is told of it. */
export interface Provider {
  /** That of its program, too. */
  readonly name: string;
  /** It is asked about images that match one of them. */
  readonly matchImages: readonly ProviderPattern[];
  /** How long an answer is good that does not say so itself; 0 for this one question. */
  readonly defaultCacheMs: number;
  /** Of the protocol that it speaks. */
  readonly apiVersion: string;
  readonly args: readonly string[];
  /** Beside our own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Equal for equal providers. May hold secrets of `env`. */
  readonly definition: string;
}

export interface ProviderConfigOptions {
  /** For messages. */
  readonly file: string;
  /** Milliseconds of a Go duration. */
  readonly parseDuration: (text: string) => number | undefined;
  /** Told what the kubelet takes without a word, and makes no sense. */
  readonly warn?: (text: string) => void;
}

const maxBytes = 1024 * 1024;

const configVersions: readonly unknown[] = ['v1', 'v1beta1', 'v1alpha1'].map((v) => `kubelet.config.k8s.io/${v}`);
const protocolVersions: readonly string[] = ['v1', 'v1beta1', 'v1alpha1'].map(
  (version) => `credentialprovider.kubelet.k8s.io/${version}`,
);

/**
 * The file that `--image-credential-provider-config` of the kubelet names, YAML or JSON, by the kubelet's own rules
 * (https://kubernetes.io/docs/reference/config-api/kubelet-config.v1/#kubelet-config-k8s-io-v1-CredentialProviderConfig).
 * As there, a field that is not known is an error. No message quotes values of `args` or `env`.
 *
 * @throws RunnerError `CFG_SHAPE` naming file, provider and field
 */
export function parseProviderConfig(bytes: Uint8Array, options: ProviderConfigOptions): readonly Provider[] {
  const { file } = options;
  const document = parseDocument(bytes, file);
  const fields = new ConfigFields(document, file);
  fields.only(['apiVersion', 'kind', 'providers']);
  if (!configVersions.includes(document['apiVersion']))
    throw fields.fault('apiVersion is not kubelet.config.k8s.io/v1');
  if (document['kind'] !== 'CredentialProviderConfig') throw fields.fault('kind is not CredentialProviderConfig');
  const items = fields.list('providers');
  if (items.length === 0) throw fields.fault('providers is empty');
  const names = new Set<string>();
  return items.map((item, index) => {
    const provider = parseProvider(item, index, options);
    if (names.has(provider.name)) throw fields.fault(`there are two providers called ${JSON.stringify(provider.name)}`);
    names.add(provider.name);
    return provider;
  });
}

function parseProvider(raw: unknown, index: number, { file, parseDuration, warn }: ProviderConfigOptions): Provider {
  const place = `${file}: providers[${String(index)}]`;
  if (!isJsonObject(raw)) throw new ConfigFields({}, place).fault('is not an object');
  const name = nameOf(new ConfigFields(raw, place));
  const fields = new ConfigFields(raw, `${file}: provider ${JSON.stringify(name)}`);
  if ((raw['tokenAttributes'] ?? undefined) !== undefined) {
    throw fields.fault(
      'tokenAttributes cannot be used here: only the kubelet has tokens of the pod whose image it pulls',
    );
  }
  fields.only(['name', 'matchImages', 'defaultCacheDuration', 'apiVersion', 'args', 'env', 'tokenAttributes']);
  const apiVersion = fields.text('apiVersion');
  if (!protocolVersions.includes(apiVersion))
    throw fields.fault(`apiVersion is none of ${protocolVersions.join(', ')}`);
  const defaultCacheMs = parseDuration(fields.text('defaultCacheDuration'));
  if (defaultCacheMs === undefined || defaultCacheMs < 0) {
    throw fields.fault('defaultCacheDuration is not a duration of 0 or more, like 10m');
  }
  return {
    name,
    matchImages: patternsOf(fields, (text) => warn?.(`provider ${JSON.stringify(name)}: ${text}`)),
    defaultCacheMs,
    apiVersion,
    args: fields.texts('args'),
    env: environmentOf(fields),
    definition: JSON.stringify(raw),
  };
}

/** It becomes a part of a path. */
function nameOf(fields: ConfigFields): string {
  const name = fields.text('name');
  if (!/^[^/\s\p{C}]{1,255}$/u.test(name) || name === '.' || name === '..') {
    throw fields.fault('name is not that of a program: no slash, no space, not . or ..');
  }
  return name;
}

function patternsOf(fields: ConfigFields, warn: (text: string) => void): readonly ProviderPattern[] {
  const texts = fields.texts('matchImages');
  if (texts.length === 0) throw fields.fault('matchImages is empty');
  return texts.flatMap((text, index) => {
    const pattern = parseProviderPattern(text);
    if (pattern !== undefined) return [pattern];
    if (/^https?:\/\//i.test(text)) {
      warn(`matchImages[${String(index)}] has a scheme, so it matches no image, here and at the kubelet`);
      return [];
    }
    throw fields.fault(
      `matchImages[${String(index)}] is not host[:port][/path], like *.example.com or example.com:5000/team`,
    );
  });
}

function environmentOf(fields: ConfigFields): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.list('env').map((item, index) => {
      const place = `env[${String(index)}]`;
      if (!isJsonObject(item)) throw fields.fault(`${place} is not an object`);
      const variable = fields.within(item, place);
      variable.only(['name', 'value']);
      const name = variable.text('name');
      const value = variable.text('value', '');
      if (name === '' || /[=\0]/.test(name) || value.includes('\0')) throw fields.fault(`${place} is not a variable`);
      return [name, value] as const;
    }),
  );
}

function parseDocument(bytes: Uint8Array, file: string): JsonObject {
  const fields = new ConfigFields({}, file);
  if (bytes.length > maxBytes) throw fields.fault(`is larger than ${String(maxBytes)} bytes`);
  let document: unknown;
  try {
    document = load(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    const line = thrown instanceof YAMLException && thrown.mark !== undefined ? thrown.mark.line + 1 : undefined;
    throw fields.fault(`is neither YAML nor JSON${line === undefined ? '' : `: see line ${String(line)}`}`);
  }
  if (!isJsonObject(document)) throw fields.fault('is not an object');
  return document;
}
