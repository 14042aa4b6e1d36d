import { type Log, silentLog } from '../../core/log.ts';
import type { CallerLogin } from '../../credentials/caller.ts';
import { fingerprintOf } from '../../credentials/fingerprint.ts';
import type { Reference } from '../../image/reference.ts';
import type { Resolution } from '../../resolver/resolution.ts';
import { podMarks } from '../pod-marks.ts';
import type { PodPlan } from '../pod-plan.ts';
import { functionSpec } from './function-spec.ts';
import { pinnedImage, repositoryOf } from './image-name.ts';
import type { PodOverrides } from './overrides.ts';
import { accountOf } from './pod-account.ts';
import { podImages } from './pod-images.ts';
import { podObject, serviceObject } from './pod-object.ts';
import type { ChosenSecrets, PodPullSecrets, PulledPod } from './pod-pull-secrets.ts';
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
        readonly imagePullPolicy?: PodSettings['imagePullPolicy'] | undefined;
        readonly overrides?: PodOverrides | undefined;
      }
    | undefined;
}

export interface PlannerOptions {
  readonly settings: PodSettings;
  readonly templates: Pick<PodTemplates, 'current'>;
  /** Gives the same object for as long as nothing changes. */
  readonly functionConfigs: { find(reference: Reference): FunctionPodConfig | undefined } | undefined;
  readonly pullSecrets: PodPullSecrets | undefined;
  readonly defaultImagePrefix: string;
  /** Under which name nodes pull an image; default: the one that we look it up by. */
  readonly runAs?: (reference: Reference) => Reference;
  /** Idle time to live of one image's pods, by canonical name, where no FunctionConfig says it. */
  readonly ttlOf?: (canonical: string) => number | undefined;
  readonly log?: Log;
}

/** Everything that a plan is made from, but for the pull secrets. */
interface Draft {
  readonly resolution: Resolution;
  readonly template: TemplateVersion;
  readonly config: FunctionPodConfig | undefined;
  readonly ttlMs: number;
  /** As nodes pull it. */
  readonly running: Resolution;
  readonly spec: PodSpec;
  readonly pulled: PulledPod;
}

interface Known extends Draft {
  readonly secrets: ChosenSecrets;
  readonly plan: PodPlan;
}

const noSecrets: ChosenSecrets = { names: [], scopeKey: '', warnings: [] };
const maxKnown = 1000;

/** Says what the pods of a function are like. Plans are kept until something that they are made from changes. */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #log: Log;
  /** By image name as requested and the caller's login; the longest unused first. */
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
  async plan(resolution: Resolution, caller?: CallerLogin): Promise<PodPlan> {
    const memoryKey = JSON.stringify([resolution.image, caller === undefined ? '' : fingerprintOf(caller.login)]);
    const known = this.#known.get(memoryKey);
    const draft = this.#draft(resolution, caller, known);
    const secrets = (await this.#options.pullSecrets?.choose(draft.pulled)) ?? noSecrets;
    const isKnown = known !== undefined && draft === known && sameSecrets(secrets, known.secrets);
    const plan = isKnown ? known.plan : this.#make(draft, secrets);
    this.#remember(memoryKey, { ...draft, secrets, plan });
    return plan;
  }

  #draft(resolution: Resolution, caller: CallerLogin | undefined, known: Known | undefined): Draft {
    const { templates, functionConfigs, settings, defaultImagePrefix } = this.#options;
    const template = templates.current();
    const config = functionConfigs?.find(resolution.reference);
    const ttlMs = config?.pod?.ttlMs ?? this.#options.ttlOf?.(resolution.reference.canonical) ?? settings.ttlMs;
    const isKnown = template === known?.template && config === known.config && ttlMs === known.ttlMs;
    if (isKnown && sameImage(resolution, known)) return known;
    const { overrides, readOnlyRoot, imagePullPolicy } = config?.pod ?? {};
    const words = { overrides, readOnlyRoot, imagePullPolicy };
    const { reference } = resolution;
    const running = { ...resolution, reference: this.#options.runAs?.(reference) ?? reference };
    const spec = functionSpec({ resolution: running, template, settings, defaultImagePrefix, ...words });
    const images = podImages(spec, running.reference);
    const pulled = { reference, images, serviceAccount: accountOf(spec), caller };
    return { resolution, template, config, ttlMs, running, spec, pulled };
  }

  #make({ running, spec: base, pulled, ...draft }: Draft, secrets: ChosenSecrets): PodPlan {
    const { resolution, template, config, ttlMs } = draft;
    for (const warning of secrets.warnings) this.#log.warn('pull secret', { image: resolution.image, warning });
    const { settings } = this.#options;
    const { namespace } = settings;
    const serviceTemplate = settings.podAddress === 'service' ? template.serviceTemplate : undefined;
    const image = pinnedImage(resolution);
    const runImage = pinnedImage(running);
    const spec = withPullSecrets(base, secrets.names);
    const key = stableHash([image, spec, template.version, serviceTemplate ?? null, secrets.scopeKey], 16);
    const annotations = {
      [podMarks.requestedImage]: resolution.image,
      [podMarks.resolvedImage]: image,
      ...(runImage !== image && { [podMarks.runImage]: runImage }),
      [podMarks.repository]: repositoryOf(resolution.reference),
      ...(secrets.callerKey !== undefined && { [podMarks.callerKey]: secrets.callerKey }),
      [podMarks.templateVersion]: template.version,
      [podMarks.ttlMs]: String(ttlMs),
    };
    const metadata = template.template;
    const parts = { namespace, path: resolution.reference.path, key, metadata, annotations, spec };
    return {
      key,
      image: resolution.image,
      repository: repositoryOf(resolution.reference),
      callerKey: secrets.callerKey,
      maxPods: Math.max(1, config?.pod?.maxPods ?? settings.maxPods),
      maxWaitlist: Math.max(1, config?.pod?.maxWaitlist ?? settings.maxWaitlist),
      ttlMs,
      prepare: async (signal) => this.#options.pullSecrets?.ensure(pulled, signal),
      renew: async (signal) => (await this.#options.pullSecrets?.renew?.(pulled, signal)) ?? false,
      missing: async () => (await this.#options.pullSecrets?.missing?.(pulled)) ?? [],
      pod: (slot, lastHolderUid) => podObject(parts, slot, lastHolderUid),
      service: (name) => (serviceTemplate === undefined ? undefined : serviceObject(serviceTemplate, namespace, name)),
    };
  }

  #remember(memoryKey: string, known: Known): void {
    this.#known.delete(memoryKey);
    this.#known.set(memoryKey, known);
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

function sameSecrets(one: ChosenSecrets, other: ChosenSecrets): boolean {
  return one.names.join() === other.names.join() && one.scopeKey === other.scopeKey;
}

function withPullSecrets(spec: PodSpec, names: readonly string[]): PodSpec {
  const there = spec.imagePullSecrets ?? [];
  const missing = names.filter((name) => !there.some((secret) => secret['name'] === name));
  return missing.length === 0 ? spec : { ...spec, imagePullSecrets: [...there, ...missing.map((name) => ({ name }))] };
}
