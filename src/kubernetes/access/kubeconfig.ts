import { newClusters, newContexts, newUsers } from '@kubernetes/client-node/dist/config_types.js';
import { load, YAMLException } from 'js-yaml';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isBlankYaml } from '../../core/blank-yaml.ts';
import { RunnerError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { safeText } from '../../core/safe-text.ts';
import { objectAt, objectsAt, textAt } from '../object-meta.ts';

/** The current context of a kubeconfig. Shapes: Kubernetes client authentication, `Config` v1. */
export interface Kubeconfig {
  readonly cluster: KubeconfigCluster;
  /** As it stands in the file, paths made absolute; empty for a context without a user. */
  readonly user: JsonObject;
  /** Empty when the context names none. */
  readonly namespace: string;
  /** Where it came from, for messages. */
  readonly file: string;
}

/** Texts are empty where there is none. */
interface KubeconfigCluster {
  readonly server: string;
  /** Base64. */
  readonly caData: string;
  readonly caFile: string;
  readonly skipTlsVerify: boolean;
  readonly tlsServerName: string;
  readonly proxyUrl: string;
}

interface KubeconfigText {
  readonly file: string;
  readonly text: string;
}

interface Part {
  readonly file: string;
  readonly raw: JsonObject;
}

/**
 * Reads one file, or several of which the first to name a thing wins; of several, missing ones are passed over.
 *
 * @throws {RunnerError} `CFG_OPTION` for a file that cannot be used; no content is quoted
 */
export async function readKubeconfig(files: readonly string[]): Promise<Kubeconfig> {
  const texts: KubeconfigText[] = [];
  for (const file of files) {
    const text = await readText(file, files.length > 1);
    if (text !== undefined) texts.push({ file, text });
  }
  if (texts.length === 0) throw fault(files.join(', '), 'is not there');
  return parseKubeconfig(texts);
}

/** @throws {RunnerError} `CFG_OPTION` */
export function parseKubeconfig(texts: readonly KubeconfigText[]): Kubeconfig {
  const parts = texts.map(({ file, text }) => ({ file, raw: parsePart(file, text) }));
  const file = parts[0]?.file ?? '';
  const current = parts.map(({ raw }) => textAt(raw, 'current-context')).find(Boolean);
  if (current === undefined) throw fault(file, 'names no current-context');
  return chosen(parts, current, file);
}

/** The client checks the shape but not the types of what it reads, so texts are taken for none where they are no texts. */
function chosen(parts: readonly Part[], current: string, file: string): Kubeconfig {
  const [context] = parsed(file, () => newContexts(named(parts, 'contexts', current)));
  if (context === undefined) throw fault(file, `has no context ${current}, which is the current one`);
  const { cluster: clusterName, user, namespace } = namesOf({ ...context });
  const [cluster] = parsed(file, () => newClusters(named(parts, 'clusters', clusterName)));
  if (cluster === undefined) throw fault(file, `has no cluster ${clusterName}, which context ${current} names`);
  const [found] = named(parts, 'users', user);
  if (user !== '' && found === undefined) throw fault(file, `has no user ${user}, which context ${current} names`);
  parsed(file, () => newUsers(found === undefined ? [] : [withoutFiles(found)]));
  return { cluster: clusterOf({ ...cluster }), user: objectAt(found ?? {}, 'user'), namespace, file };
}

function namesOf(context: JsonObject): { readonly cluster: string; readonly user: string; readonly namespace: string } {
  return {
    cluster: textAt(context, 'cluster'),
    user: textAt(context, 'user'),
    namespace: textAt(context, 'namespace'),
  };
}

function clusterOf(cluster: JsonObject): KubeconfigCluster {
  return {
    server: textAt(cluster, 'server'),
    caData: textAt(cluster, 'caData'),
    caFile: textAt(cluster, 'caFile'),
    skipTlsVerify: cluster['skipTLSVerify'] === true,
    tlsServerName: textAt(cluster, 'tlsServerName'),
    proxyUrl: textAt(cluster, 'proxyUrl'),
  };
}

/** The entry of that name in the first file that has one, alone, with its paths made absolute. */
function named(parts: readonly Part[], list: string, name: string): readonly JsonObject[] {
  for (const { file, raw } of parts) {
    const entry = objectsAt(raw, list).find((item) => item['name'] === name);
    if (entry !== undefined) return [withAbsolutePaths(entry, dirname(file))];
  }
  return [];
}

const pathKeys: ReadonlySet<string> = new Set([
  'certificate-authority',
  'client-certificate',
  'client-key',
  'tokenFile',
]);

function withAbsolutePaths(entry: JsonObject, folder: string): JsonObject {
  const inner = (value: unknown): unknown =>
    isJsonObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, absolute(key, item)]))
      : value;
  const absolute = (key: string, value: unknown): unknown => {
    if (key === 'exec' && isJsonObject(value)) return { ...value, command: besides(folder, textAt(value, 'command')) };
    return pathKeys.has(key) && typeof value === 'string' && value !== '' && !isAbsolute(value)
      ? join(folder, value)
      : value;
  };
  return Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, inner(value)]));
}

/** A command with a slash is a file next to the kubeconfig, one without is looked for on the PATH. */
function besides(folder: string, command: string): string {
  return command.includes('/') && !isAbsolute(command) ? join(folder, command) : command;
}

/** The client reads a token file at once and for all, under another name than kubectl's; ours is read anew. */
function withoutFiles(entry: JsonObject): JsonObject {
  const { 'token-file': _file, ...user } = objectAt(entry, 'user');
  return { ...entry, user };
}

async function readText(file: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    if (code === 'ENOENT' && mayBeMissing) return undefined;
    throw fault(file, code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`);
  }
}

function parsePart(file: string, text: string): JsonObject {
  if (isBlankYaml(text)) throw fault(file, 'is no kubeconfig: it is empty');
  try {
    const value: unknown = load(text);
    if (isJsonObject(value)) return value;
  } catch (thrown) {
    const place =
      thrown instanceof YAMLException && thrown.mark !== undefined ? `, line ${String(thrown.mark.line + 1)}` : '';
    throw fault(file, `is not valid YAML${place}`);
  }
  throw fault(file, 'is no kubeconfig');
}

function parsed<T>(file: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw fault(file, `is no kubeconfig: ${thrown instanceof Error ? thrown.message : 'malformed'}`);
  }
}

function fault(file: string, problem: string): RunnerError {
  return new RunnerError('CFG_OPTION', `the kubeconfig ${file} ${safeText(problem, 500)}`, {
    file,
    hint: 'Name a kubeconfig whose current context reaches the cluster, by --kubeconfig or KUBECONFIG.',
  });
}
