import { load, YAMLException } from 'js-yaml';
import { isBlankYaml } from '../../core/blank-yaml.ts';
import { RunnerError, toRunnerError } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import { parseReference, type Reference } from '../../image/reference.ts';

const hint = 'Write one line per image, like example.com/functions/set-labels:v0.2: 30m';

/**
 * Reads Porch's `--pod-cache-config`: a YAML map of image → idle time to live of its pods, as a Go duration.
 *
 * @param file for messages
 * @returns canonical image → milliseconds
 * @throws {RunnerError} `CFG_OPTION` naming file and image
 */
export function parsePodCacheConfig(text: string, file: string, rules: PodCacheRules): ReadonlyMap<string, number> {
  const fail = (problem: string): never => {
    throw new RunnerError('CFG_OPTION', `--pod-cache-config: ${file}: ${problem}`, { file, hint });
  };
  const document = parseYaml(text, fail) ?? {};
  if (!isJsonObject(document)) return fail('the document is not a map of image to duration');
  return new Map(
    Object.entries(document).map(([image, duration]) => {
      const ttlMs = typeof duration === 'string' ? rules.parseDuration(duration) : undefined;
      if (ttlMs === undefined || ttlMs <= 0) return fail(`${JSON.stringify(image)} has no duration like 30m or 1h30m`);
      return [canonical(image, rules, fail), ttlMs] as const;
    }),
  );
}

export interface PodCacheRules {
  readonly defaultImagePrefix: string;
  /** Where an image is looked up; default: where it is said to be. */
  readonly lookedUpAs?: (reference: Reference) => Reference;
  /** Milliseconds of a Go duration; undefined when it is none. */
  readonly parseDuration: (text: string) => number | undefined;
}

type Fail = (problem: string) => never;

function parseYaml(text: string, fail: Fail): unknown {
  if (isBlankYaml(text)) return undefined;
  try {
    return load(text);
  } catch (error) {
    return fail(`not YAML${error instanceof YAMLException ? `: ${error.reason}` : ''}`);
  }
}

function canonical(image: string, { defaultImagePrefix, lookedUpAs }: PodCacheRules, fail: Fail): string {
  try {
    const reference = parseReference(image, { defaultImagePrefix });
    return (lookedUpAs?.(reference) ?? reference).canonical;
  } catch (error) {
    return fail(`${JSON.stringify(image)} is not an image: ${toRunnerError(error).message}`);
  }
}
