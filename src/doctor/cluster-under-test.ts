import { once } from '../core/once.ts';
import { toRunnerError } from '../core/errors.ts';
import { accessAnswers, accessQuestionBody, type AccessQuestion } from '../kubernetes/access-question.ts';
import { type AccessReview, accessReviewBody, accessReviews, isAllowed } from '../kubernetes/access-review.ts';
import { PodSecretNames } from '../pods/plan/pod-secret-names.ts';
import type { TemplateSources } from '../pods/plan/template-sources.ts';
import { type Cluster, wireCluster } from '../wire-cluster.ts';
import { wireTemplates } from '../wire-templates.ts';
import { KnownFunctionConfigs } from './known-function-configs.ts';
import type { Patient } from './patient.ts';

/** Who answers for the cluster, or why nobody does. */
export type Reached = { readonly cluster: Cluster } | { readonly why: string };

/** What flags, template and FunctionConfigs name for function pods. */
export interface NamedForPods {
  readonly accounts: readonly string[];
  readonly secrets: readonly string[];
}

const reviewMs = 10_000;

/** The API server as the service would ask it; shared by all checks, each of which goes on without it. */
export class ClusterUnderTest {
  readonly #patient: Patient;
  readonly #open: () => Promise<Cluster>;
  /** @throws {RunnerError} `CLUSTER_*` */
  readonly templates: () => Promise<TemplateSources>;
  readonly configs: () => Promise<KnownFunctionConfigs>;
  readonly #reviews = new Map<string, Promise<AccessReview>>();
  readonly #parts = new AsyncDisposableStack();

  constructor(patient: Patient) {
    const { options, surroundings } = patient;
    this.#patient = patient;
    this.#open = once(async () => {
      const cluster = await wireCluster(options, surroundings);
      this.#parts.defer(async () => cluster.api.close());
      return cluster;
    });
    this.templates = once(async () => {
      const templates = await wireTemplates(options, await this.#open(), surroundings);
      this.#parts.defer(() => {
        templates.close();
      });
      return templates;
    });
    this.configs = once(async () => KnownFunctionConfigs.read(options, await this.#open()));
  }

  /** Where it is and who we are, without having asked. @throws {RunnerError} `CFG_OPTION`, `CLUSTER_UNAVAILABLE` */
  async opened(): Promise<Cluster> {
    return this.#open();
  }

  /** Has answered once. @throws {RunnerError} `CFG_OPTION`, `CLUSTER_*` */
  async answered(): Promise<Cluster> {
    const cluster = await this.#open();
    await this.#review(this.#patient.options.podNamespace);
    return cluster;
  }

  /** For checks that have nothing to say where another one tells that the cluster cannot be reached. */
  async reached(): Promise<Reached> {
    try {
      return { cluster: await this.answered() };
    } catch (thrown) {
      const { code } = toRunnerError(thrown);
      return { why: code === 'CLUSTER_DENIED' ? 'the API server does not let us ask' : 'the cluster cannot be asked' };
    }
  }

  /** Exactly, where the API server can list all that is allowed, else asked one by one. @throws {RunnerError} `CLUSTER_*` */
  async may(question: AccessQuestion, signal: AbortSignal): Promise<boolean> {
    const review = await this.#review(question.namespace);
    if (isAllowed(review.rules, question)) return true;
    if (!review.incomplete) return false;
    const { api } = await this.#open();
    return (await api.create(accessAnswers, accessQuestionBody(question), signal)).isAllowed;
  }

  /** Where the template cannot be read, the flags alone count. */
  async named(): Promise<NamedForPods> {
    const { pullSecrets, functionServiceAccount: serviceAccount } = this.#patient.options;
    try {
      const [templates, functionConfigs] = await Promise.all([this.templates(), this.configs()]);
      const all = new PodSecretNames({ templates, functionConfigs, pullSecrets, serviceAccount }).all();
      return {
        accounts: [...new Set(all.map((each) => each.serviceAccount))],
        secrets: [...new Set(all.flatMap(({ template, own }) => [...template, ...own]))],
      };
    } catch {
      return { accounts: [serviceAccount === '' ? 'default' : serviceAccount], secrets: pullSecrets };
    }
  }

  async close(): Promise<void> {
    await this.#parts.disposeAsync();
  }

  async #review(namespace: string): Promise<AccessReview> {
    const asked =
      this.#reviews.get(namespace) ??
      this.#open().then(async ({ api }) =>
        api.create(accessReviews, accessReviewBody(namespace), AbortSignal.timeout(reviewMs)),
      );
    this.#reviews.set(namespace, asked);
    return asked;
  }
}
