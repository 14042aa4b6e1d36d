import { type Log, silentLog } from '../../core/log.ts';
import type { Reference } from '../../image/reference.ts';
import type { Resolution } from '../../resolver/resolution.ts';
import { podMarks } from '../pod-marks.ts';
import type { PodPlan } from '../pod-plan.ts';
import { functionSpec } from './function-spec.ts';
import { pinnedImage, repositoryOf } from './image-name.ts';
import type { PodOverrides } from './overrides.ts';
import { podImages } from './pod-images.ts';
import { podObject, serviceObject } from './pod-object.ts';
import type { PodSettings } from './pod-settings.ts';
import type { PodSpec } from './pod-template.ts';
import { stableHash } from './stable-hash.ts';
import type { PodTemplates, TemplateVersion } from './template-version.ts';

/** What a FunctionConfig says about the pods of its function. */
export interface FunctionPodConfig {
  readonly pod:
    | {
        readonly ttlMs?: number | undefined;
        readonly maxPods?: number | undefined;
        readonly maxWaitlist?: number | undefined;
        readonly readOnlyRoot?: boolean | undefined;
        readonly overrides?: PodOverrides | undefined;
      }
    | undefined;
}

interface ChosenSecret {
  readonly name: string | undefined;
  readonly scopeKey: string;
  readonly warnings: readonly string[];
}

export interface PlannerOptions {
  readonly settings: PodSettings;
  readonly templates: Pick<PodTemplates, 'current'>;
  /** Gives the same object for as long as nothing changes. */
  readonly functionConfigs: { find(reference: Reference): FunctionPodConfig | undefined } | undefined;
  readonly pullSecret:
    | {
        choose(images: readonly Reference[]): Promise<ChosenSecret>;
        ensure(images: readonly Reference[], signal: AbortSignal): Promise<void>;
      }
    | undefined;
  readonly defaultImagePrefix: string;
  /** Idle time to live of one image's pods, by canonical name, where no FunctionConfig says it. */
  readonly ttlOf?: (canonical: string) => number | undefined;
  readonly log?: Log;
}

/** Everything that a plan is made from, but for the pull secret. */
interface Draft {
  readonly resolution: Resolution;
  readonly template: TemplateVersion;
  readonly config: FunctionPodConfig | undefined;
  readonly ttlMs: number;
  readonly spec: PodSpec;
  readonly images: readonly Reference[];
}

interface Known extends Draft {
  readonly secret: ChosenSecret;
  readonly plan: PodPlan;
}

const noSecret: ChosenSecret = { name: undefined, scopeKey: '', warnings: [] };
const maxKnown = 1000;

/** Says what the pods of a function are like. Plans are kept until something that they are made from changes. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #log: Log;
  /** By image name as requested; the longest unused first. */
  readonly #known = new Map<string, Known>();

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  /**
   * Asks nobody.
   *
   * @throws {RunnerError} `POD_TEMPLATE`, `MAN_CONFIG`
   */
  async plan(resolution: Resolution): Promise<PodPlan> {
    const known = this.#known.get(resolution.image);
    const draft = this.#draft(resolution, known);
    const secret = (await this.#options.pullSecret?.choose(draft.images)) ?? noSecret;
    const isKnown = known !== undefined && draft === known && sameSecret(secret, known.secret);
    const plan = isKnown ? known.plan : this.#make(draft, secret);
    this.#remember({ ...draft, secret, plan });
    return plan;
  }

  #draft(resolution: Resolution, known: Known | undefined): Draft {
    const { templates, functionConfigs, settings, defaultImagePrefix } = this.#options;
    const template = templates.current();
    const config = functionConfigs?.find(resolution.reference);
    const ttlMs = config?.pod?.ttlMs ?? this.#options.ttlOf?.(resolution.reference.canonical) ?? settings.ttlMs;
    const isKnown = template === known?.template && config === known.config && ttlMs === known.ttlMs;
    if (isKnown && sameImage(resolution, known)) return known;
    const { overrides, readOnlyRoot } = config?.pod ?? {};
    const spec = functionSpec({ resolution, template, settings, defaultImagePrefix, overrides, readOnlyRoot });
    return { resolution, template, config, ttlMs, spec, images: podImages(spec, resolution.reference) };
  }

  #make({ resolution, template, config, ttlMs, spec: base, images }: Draft, secret: ChosenSecret): PodPlan {
    for (const warning of secret.warnings) this.#log.warn('pull secret', { image: resolution.image, warning });
    const { settings } = this.#options;
    const { namespace } = settings;
    const serviceTemplate = settings.podAddress === 'service' ? template.serviceTemplate : undefined;
    const image = pinnedImage(resolution);
    const spec = withPullSecret(base, secret.name);
    const key = stableHash([image, spec, template.version, serviceTemplate ?? null, secret.scopeKey], 16);
    const annotations = {
      [podMarks.requestedImage]: resolution.image,
      [podMarks.resolvedImage]: image,
      [podMarks.repository]: repositoryOf(resolution.reference),
      [podMarks.templateVersion]: template.version,
      [podMarks.ttlMs]: String(ttlMs),
    };
    const metadata = template.template;
    const parts = { namespace, path: resolution.reference.path, key, metadata, annotations, spec };
    return {
      key,
      image: resolution.image,
      repository: repositoryOf(resolution.reference),
      maxPods: Math.max(1, config?.pod?.maxPods ?? settings.maxPods),
      maxWaitlist: Math.max(1, config?.pod?.maxWaitlist ?? settings.maxWaitlist),
      ttlMs,
      prepare: async (signal) => this.#options.pullSecret?.ensure(images, signal),
      pod: (slot, lastHolderUid) => podObject(parts, slot, lastHolderUid),
      service: (name) => (serviceTemplate === undefined ? undefined : serviceObject(serviceTemplate, namespace, name)),
    };
  }

  #remember(known: Known): void {
    const { image } = known.resolution;
    this.#known.delete(image);
    this.#known.set(image, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** What a digest means never changes, but which of its platforms was looked at may. */
function sameImage(resolution: Resolution, { resolution: before }: Draft): boolean {
  const { digest, platformDigest, reference } = resolution;
  const isSame = digest === before.digest && platformDigest === before.platformDigest;
  return isSame && reference.canonical === before.reference.canonical;
}

function sameSecret(one: ChosenSecret, other: ChosenSecret): boolean {
  return one.name === other.name && one.scopeKey === other.scopeKey;
}

function withPullSecret(spec: PodSpec, name: string | undefined): PodSpec {
  const there = spec.imagePullSecrets ?? [];
  if (name === undefined || there.some((secret) => secret['name'] === name)) return spec;
  return { ...spec, imagePullSecrets: [...there, { name }] };
}
