import type { JsonObject } from '../../core/json.ts';
import { accountOf } from './pod-account.ts';
import type { PodOverrides } from './overrides.ts';
import type { PodSpec } from './pod-template.ts';
import type { PodTemplates } from './template-version.ts';

/** What a FunctionConfig says about the pull secrets of its function's pods. */
interface NamingConfig {
  readonly pod:
    { readonly pullSecrets?: readonly string[] | undefined; readonly overrides?: PodOverrides | undefined } | undefined;
}

interface PodSecretNamesOptions<Image> {
  readonly templates: Pick<PodTemplates, 'current'>;
  readonly functionConfigs: { find(image: Image): NamingConfig | undefined; list(): readonly NamingConfig[] };
  /** For every function. */
  readonly pullSecrets: readonly string[];
  /** Over that of the template; empty for none. */
  readonly serviceAccount: string;
}

/** What pods of a function name, as far as pulling its images goes. */
export interface PodSecrets {
  /** Of the template. */
  readonly template: readonly string[];
  /** Of the FunctionConfig, then of every function. */
  readonly own: readonly string[];
  readonly serviceAccount: string;
}

/** Finds what templates, FunctionConfigs and flags name, in memory. */
export class PodSecretNames<Image> {
  readonly #options: PodSecretNamesOptions<Image>;

  constructor(options: PodSecretNamesOptions<Image>) {
    this.#options = options;
  }

  for(image: Image): PodSecrets {
    return this.#named(this.#options.functionConfigs.find(image));
  }

  /** For a function without a FunctionConfig, and for each that has one. */
  all(): readonly PodSecrets[] {
    return [undefined, ...this.#options.functionConfigs.list()].map((config) => this.#named(config));
  }

  #named(config: NamingConfig | undefined): PodSecrets {
    const { pullSecrets, serviceAccount } = this.#options;
    const spec = this.#spec();
    const override = config?.pod?.overrides?.serviceAccountName ?? '';
    const asked = override === '' ? serviceAccount : override;
    const listed = spec?.imagePullSecrets ?? [];
    return {
      template: listed.flatMap((secret: JsonObject) => (typeof secret['name'] === 'string' ? [secret['name']] : [])),
      own: [...new Set([...(config?.pod?.pullSecrets ?? []), ...pullSecrets])],
      serviceAccount: asked === '' ? accountOf(spec ?? {}) : asked,
    };
  }

  /** No pod comes of a malformed template, but its function's image may be asked about. */
  #spec(): PodSpec | undefined {
    try {
      return this.#options.templates.current().template.spec;
    } catch {
      return undefined;
    }
  }
}
