import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import { decodeJson, isJsonObject, type JsonObject } from '../../core/json.ts';
import { safeText } from '../../core/safe-text.ts';
import { Secret } from '../../core/secret.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import type { AccessCredential } from './access-credential.ts';
import type { ClientCertificate } from '../cluster-access.ts';
import { objectAt, objectsAt, textAt, timeAt } from '../object-meta.ts';
import { type Renewable, Renewed } from './renewed.ts';

const timeoutMs = 60_000;
const maxOutputBytes = 1024 * 1024;
const knownVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

interface ExecAnswer {
  readonly header: Secret | undefined;
  readonly certificate: ClientCertificate | undefined;
}

const run = promisify(execFile);

/**
 * What a program says who we are. Kubernetes authentication, "client-go credential plugins". client-node's own does not
 * tell the program what is expected (KUBERNETES_EXEC_INFO), which those of cloud providers ask for, and waits for ever.
 */
export class ExecCredential implements AccessCredential {
  readonly #exec: JsonObject;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #cluster: JsonObject;
  readonly #answer: Renewed<ExecAnswer>;

  /**
   * @param exec the `exec` part of a kubeconfig's user
   * @param cluster given to a program that asks for it (`provideClusterInfo`)
   */
  constructor(exec: JsonObject, environment: NodeJS.ProcessEnv, cluster: JsonObject, clock: Clock) {
    this.#exec = exec;
    this.#environment = environment;
    this.#cluster = cluster;
    this.#answer = new Renewed(async () => this.#ask(clock), clock);
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#answer.held?.certificate;
  }

  async authorization(signal: AbortSignal): Promise<Secret | undefined> {
    return (await unlessAborted(this.#answer.current(), signal)).header;
  }

  refused(): void {
    this.#answer.refuse();
  }

  async #ask(clock: Clock): Promise<Renewable<ExecAnswer>> {
    const stdout = await this.#run();
    const answer = parseAnswer(stdout);
    if (answer === undefined) throw this.#fault('its answer is no ExecCredential with a token or a certificate');
    const { status, ...value } = answer;
    const expiresMs = timeAt(status, 'expirationTimestamp');
    // Renewed at 80 % of its life, so that no request meets its end.
    const renewAtMs = expiresMs === 0 ? Infinity : clock.now() + (expiresMs - clock.now()) * 0.8;
    return { value, renewAtMs };
  }

  async #run(): Promise<Buffer> {
    const args = this.#exec['args'];
    const apiVersion = textAt(this.#exec, 'apiVersion');
    if (!knownVersions.includes(apiVersion)) throw this.#fault(`apiVersion "${apiVersion}" is not known`);
    const spec = { interactive: false, ...(this.#exec['provideClusterInfo'] === true && { cluster: this.#cluster }) };
    const added = objectsAt(this.#exec, 'env').map((entry) => [textAt(entry, 'name'), textAt(entry, 'value')] as const);
    try {
      const running = run(textAt(this.#exec, 'command'), Array.isArray(args) ? args.map(String) : [], {
        env: {
          ...this.#environment,
          ...Object.fromEntries(added),
          KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec }),
        },
        encoding: 'buffer',
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: maxOutputBytes,
      });
      running.child.stdin?.end();
      return (await running).stdout;
    } catch (thrown) {
      throw this.#fault(reasonOf(thrown));
    }
  }

  /** Nothing that the program wrote is shown: it may be a credential. */
  #fault(problem: string): RunnerError {
    const command = safeText(textAt(this.#exec, 'command'), 200);
    return new RunnerError(
      'CLUSTER_UNAVAILABLE',
      `the credential program ${command} of the kubeconfig failed: ${safeText(problem, 200)}`,
      {
        hint: textAt(this.#exec, 'installHint') || `Run ${command} by hand to see why.`,
      },
    );
  }
}

function parseAnswer(stdout: Buffer): (ExecAnswer & { readonly status: JsonObject }) | undefined {
  let value: unknown;
  try {
    value = decodeJson(stdout);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const status = objectAt(value, 'status');
  const token = textAt(status, 'token');
  const cert = textAt(status, 'clientCertificateData');
  const key = textAt(status, 'clientKeyData');
  if (token === '' && (cert === '' || key === '')) return undefined;
  return {
    status,
    header: token === '' ? undefined : new Secret(`Bearer ${token}`),
    certificate: cert === '' || key === '' ? undefined : { cert, key },
  };
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error) || !('code' in thrown)) return 'unknown';
  if ('killed' in thrown && thrown.killed === true) return `it took longer than ${String(timeoutMs)} ms`;
  if (thrown.code === 'ENOENT') return 'there is no such program';
  return typeof thrown.code === 'number' ? `exit code ${String(thrown.code)}` : String(thrown.code);
}
