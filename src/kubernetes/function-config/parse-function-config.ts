import { toRunnerError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { parseReference, type Reference } from '../../image/reference.ts';
import { annotatedPod, type AnnotatedPod } from './pod-annotations.ts';
import type { FunctionConfig, PodOverrides, Repository } from './function-config.ts';
import type { FunctionConfigObject } from './function-config-object.ts';
import { SpecFields } from './spec-fields.ts';

export interface FunctionConfigRules {
  /** What a prefix `""` stands for, like `ghcr.io/kptdev/krm-functions-catalog/`. */
  readonly defaultImagePrefix: string;
  /** Where an image is looked up; default: where it is said to be. */
  readonly lookedUpAs?: (reference: Reference) => Reference;
  /** Milliseconds of a Go duration; undefined when it is none. */
  readonly parseDuration: (text: string) => number | undefined;
}

/** @throws SpecProblem */
export function parseFunctionConfig(object: FunctionConfigObject, rules: FunctionConfigRules): FunctionConfig {
  const { name, generation, annotations } = object.metadata;
  const spec = new SpecFields(object.spec, 'spec');
  const where = whereOf(spec, rules);
  return {
    name,
    generation,
    image: where.image,
    repositories: where.repositories,
    pod: podOf(spec, annotatedPod(annotations), where.warmUpName, rules),
    executable: executableOf(spec),
  };
}

interface Where extends Pick<FunctionConfig, 'image' | 'repositories'> {
  /** Name of an image of the function, without a tag. */
  readonly warmUpName: string;
}

function whereOf(spec: SpecFields, { defaultImagePrefix, lookedUpAs = asItIs }: FunctionConfigRules): Where {
  const image = spec.text('image').replace(/^\/+/, '');
  if (image === '') return spec.fail('image', 'is missing');
  if (/[:@]/.test(image.slice(image.lastIndexOf('/') + 1))) {
    return spec.fail('image', 'has a tag or digest: tags belong into the tags of an executor');
  }
  const prefixes = spec.texts('prefixes').map((prefix) => (prefix === '' ? defaultImagePrefix : prefix));
  // A name that begins with a host is the whole name of one image.
  if (/^([^/]*[.:][^/]*|localhost)\//.test(image)) {
    const { domain, path } = lookedUpAs(referenceAt(spec, 'image', image));
    return { image: `${domain}/${path}`, repositories: [{ domain, prefix: parentOf(path) }], warmUpName: image };
  }
  const first = imageAt(prefixes[0] ?? defaultImagePrefix, image);
  const repositories = prefixes.map((prefix) =>
    repositoryOf(lookedUpAs(referenceAt(spec, 'prefixes', imageAt(prefix, image))), image),
  );
  if (repositories.length === 0) referenceAt(spec, 'image', first);
  return { image, repositories: repositories.length === 0 ? undefined : repositories, warmUpName: first };
}

function repositoryOf({ domain, path }: Reference, image: string): Repository {
  return { domain, prefix: path.slice(0, -image.length).replace(/\/$/, '') };
}

function asItIs(reference: Reference): Reference {
  return reference;
}

function referenceAt(spec: SpecFields, place: string, image: string): Reference {
  try {
    return parseReference(image);
  } catch (thrown) {
    return spec.fail(place, `makes no image name: ${toRunnerError(thrown).message}`);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function imageAt(prefix: string, image: string): string {
  return prefix === '' ? image : `${prefix.replace(/\/+$/, '')}/${image}`;
}

function podOf(
  spec: SpecFields,
  annotated: AnnotatedPod,
  warmUpName: string,
  { parseDuration }: FunctionConfigRules,
): FunctionConfig['pod'] {
  const pod = spec.fields('podExecutor');
  if (pod === undefined)
    return Object.keys(annotated).length === 0 ? undefined : { tags: [], ...annotated, overrides: {} };
  const tags = pod.texts('tags');
  const timeToLive = pod.text('timeToLive');
  const ttlMs =
    timeToLive === '' ? 0 : (parseDuration(timeToLive) ?? pod.fail('timeToLive', 'is not a duration like 30m'));
  const maxPods = pod.count('maxParallelExecutions');
  const maxWaitlist = pod.count('preferredMaxQueueLength');
  const [tag] = tags;
  return {
    tags,
    ...(ttlMs > 0 && { ttlMs }),
    ...(maxPods !== undefined && { maxPods }),
    ...(maxWaitlist !== undefined && { maxWaitlist }),
    ...annotated,
    ...(tag !== undefined && { warmUpImage: tag === '' ? warmUpName : `${warmUpName}:${tag}` }),
    overrides: overridesOf(pod.fields('templateOverrides')),
  };
}

function overridesOf(overrides: SpecFields | undefined): PodOverrides {
  if (overrides === undefined) return {};
  const serviceAccountName = overrides.text('serviceAccountName');
  const securityContext = overrides.object('securityContext');
  const initContainer = containerOf(overrides.fields('initContainer'));
  const container = containerOf(overrides.fields('container'));
  return {
    ...(serviceAccountName !== '' && { serviceAccountName }),
    ...(securityContext && { securityContext }),
    ...(initContainer && { initContainer }),
    ...(container && { container }),
  };
}

function containerOf(container: SpecFields | undefined): JsonObject | undefined {
  if (container === undefined) return undefined;
  const resources = container.object('resources');
  const env = container.objects('env');
  const envFrom = container.objects('envFrom');
  return { ...(resources && { resources }), ...(env && { env }), ...(envFrom && { envFrom }) };
}

function executableOf(spec: SpecFields): FunctionConfig['executable'] {
  const binary = spec.fields('binaryExecutor');
  if (binary === undefined) return undefined;
  const path = binary.text('path');
  return path === '' ? binary.fail('path', 'is missing') : { path, tags: binary.texts('tags') };
}
