import { once } from '../core/once.ts';
import { toRunnerError } from '../core/errors.ts';
import { accessAnswers, accessQuestionBody, type AccessQuestion } from '../kubernetes/access-question.ts';
import { type AccessReview, accessReviewBody, accessReviews, isAllowed } from '../kubernetes/access-review.ts';
import { type Cluster, wireCluster } from '../wire-cluster.ts';
import type { Patient } from './patient.ts';

/** Who answers for the cluster, or why nobody does. */
export type Reached = { readonly cluster: Cluster } | { readonly why: string };

const reviewMs = 10_000;

/** The API server as the service would ask it; shared by all checks, each of which goes on without it. */
export class ClusterUnderTest {
  readonly #patient: Patient;
  readonly #open: () => Promise<Cluster>;
  readonly #reviews = new Map<string, Promise<AccessReview>>();
  #isOpened = false;

  constructor(patient: Patient) {
    this.#patient = patient;
    this.#open = once(async () => {
      this.#isOpened = true;
      return wireCluster(patient.options, patient.surroundings);
    });
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

  async close(): Promise<void> {
    if (!this.#isOpened) return;
    const cluster = await this.#open().catch(() => undefined);
    await cluster?.api.close();
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
