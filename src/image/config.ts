import { posix } from 'node:path';

import { RunnerError } from '../core/errors.ts';
import { decodeJson, isJsonObject, type JsonObject } from '../core/json.ts';
import { parseDigest, type Digest } from './digest.ts';
import { normalizePlatform } from './platform-normal.ts';
import type { Platform } from './platform.ts';
import { quoteInput } from './quote.ts';
import { checkUser, isNamedUser } from './user.ts';

/** The part of an image's config that says how to run it. https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageConfig {
  readonly platform: Platform;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `NAME=value`, each name once. */
  readonly env: readonly string[];
  /** Absolute. */
  readonly workingDir: string;
  /** `user`, `uid`, either with `:group` or `:gid`; empty means root. */
  readonly user: string;
  /** Digests of the uncompressed layers, lowest first. */
  readonly diffIds: readonly Digest[];
  /** What was odd but did not prevent reading it. */
  readonly warnings: readonly string[];
}

/** @throws RunnerError `MAN_CONFIG`, or `MAN_PLATFORM` for an image that is not for Linux */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const warnings: string[] = [];
  const document = parseDocument(bytes);
  const config = optionalObject(document, 'config');
  return {
    platform: parseConfigPlatform(document, warnings),
    entrypoint: strings(config, 'Entrypoint'),
    cmd: strings(config, 'Cmd'),
    env: parseEnv(strings(config, 'Env', allowingNul), warnings),
    workingDir: parseWorkingDir(text(config, 'WorkingDir'), warnings),
    user: parseUser(text(config, 'User'), warnings),
    diffIds: parseDiffIds(optionalObject(document, 'rootfs')),
    warnings,
  };
}

function parseDocument(bytes: Uint8Array): JsonObject {
  let document: unknown;
  try {
    document = decodeJson(bytes);
  } catch (cause) {
    throw fault('is not JSON', cause);
  }
  if (!isJsonObject(document)) throw fault('is not a JSON object');
  return document;
}

function parseConfigPlatform(document: JsonObject, warnings: string[]): Platform {
  const os = text(document, 'os');
  const architecture = text(document, 'architecture');
  if (architecture === '') throw fault('does not name its architecture');
  if (os === '') warnings.push('image config does not name its os; taken as linux');
  const platform = normalizePlatform({
    os: os === '' ? 'linux' : os,
    architecture,
    variant: text(document, 'variant'),
  });
  if (platform.os === 'linux') return platform;
  throw new RunnerError('MAN_PLATFORM', `image is for ${quoteInput(os)}, functions run on linux`, {
    hint: 'Build the image for linux.',
  });
}

/** A process environment: the later of two values for a name wins. What has no name cannot be set and is left out. */
function parseEnv(entries: readonly string[], warnings: string[]): readonly string[] {
  const usable = entries.filter((entry) => entry.indexOf('=') > 0 && !entry.includes('\0'));
  const omitted = entries.length - usable.length;
  if (omitted > 0) warnings.push(`${String(omitted)} Env entries are not NAME=value; left out`);
  return [...new Map(usable.map((entry) => [entry.slice(0, entry.indexOf('=')), entry])).values()];
}

function parseWorkingDir(directory: string, warnings: string[]): string {
  if (directory !== '' && !directory.startsWith('/')) {
    warnings.push(`WorkingDir ${quoteInput(directory)} is relative; taken from /`);
  }
  const normal = posix.normalize(`/${directory}`);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

function parseUser(user: string, warnings: string[]): string {
  const problem = checkUser(user);
  if (problem !== undefined) throw fault(`has User ${quoteInput(user)}, ${problem}`);
  if (isNamedUser(user)) {
    warnings.push(`User ${quoteInput(user)} is a name; a pod with runAsNonRoot needs a number`);
  }
  return user;
}

function parseDiffIds(rootfs: JsonObject): readonly Digest[] {
  try {
    return strings(rootfs, 'diff_ids').map(parseDigest);
  } catch (cause) {
    throw fault('has a malformed list of layer digests', cause);
  }
}

function optionalObject(parent: JsonObject, name: string): JsonObject {
  const value = parent[name] ?? {};
  if (!isJsonObject(value)) throw fault(`has a ${name} that is not an object`);
  return value;
}

function text(parent: JsonObject, name: string): string {
  const value = parent[name] ?? '';
  if (typeof value !== 'string' || value.includes('\0')) throw fault(`has a ${name} that is not a text`);
  return value;
}

const withoutNul = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const allowingNul = (value: unknown): value is string => typeof value === 'string';

function strings(parent: JsonObject, name: string, accept = withoutNul): readonly string[] {
  const value = parent[name] ?? [];
  if (!Array.isArray(value) || !value.every(accept))
    throw fault(`has ${name === 'Entrypoint' || name === 'Env' ? 'an' : 'a'} ${name} that is not a list of texts`);
  return value;
}

function fault(problem: string, cause?: unknown): RunnerError {
  return new RunnerError('MAN_CONFIG', `image config ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Correct how the image is built, then build and push it again.',
  });
}
