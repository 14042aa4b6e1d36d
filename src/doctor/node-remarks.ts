import type { Candidate } from '../credentials/candidate.ts';
import { parseReference } from '../image/reference.ts';
import type { JsonObject } from '../core/json.ts';
import { objectAt, objectsAt, textAt } from '../kubernetes/object-meta.ts';
import type { Pod } from '../kubernetes/pod.ts';
import { pods } from '../kubernetes/resources.ts';
import { functionContainer } from '../pods/plan/pod-template.ts';
import type { Resolution } from '../resolver/resolution.ts';
import type { Patient } from './patient.ts';
import { carriedSecrets } from './carried-secrets.ts';
import type { Stage } from './rehearsal.ts';
import { failed, ok, problem, type Remark, skipped, warning } from './remark.ts';

export interface NodeQuestion {
  /** As it may be shown. */
  readonly image: string;
  readonly resolution: Resolution;
  /** With what the image was found. */
  readonly used: Candidate;
  /** Or why there is none; undefined where functions run on this machine. */
  readonly stage: Stage | string | undefined;
  readonly patient: Patient;
}

/** Whether the cluster would take the image's pod, and its node pull the image. */
export async function nodeRemarks(question: NodeQuestion, signal: AbortSignal): Promise<readonly Remark[]> {
  const { image, stage, resolution } = question;
  if (stage === undefined) return [];
  if (typeof stage === 'string') return [skipped(image, `its pod cannot be planned: ${stage}`)];
  let body: JsonObject;
  try {
    body = (await stage.planner.plan(resolution)).pod(0, '');
  } catch (thrown) {
    return [failed(image, thrown)];
  }
  const namespace = question.patient.options.podNamespace;
  try {
    const pod = await stage.cluster.api.tryCreate(pods(namespace), withoutName(body), signal);
    const taken = ok(image, `the API server would take its pod in ${namespace}`);
    return [taken, ...(await pullRemarks(question, stage, pod))];
  } catch (thrown) {
    return [failed(image, thrown)];
  }
}

/** A pod of that name may be there already. */
function withoutName(body: JsonObject): JsonObject {
  const { name: _name, ...metadata } = objectAt(body, 'metadata');
  return { ...body, metadata: { ...metadata, generateName: 'function-runner-doctor-' } };
}

/** What the pod would be after admission, which adds the pull secrets of the service account. */
async function pullRemarks(question: NodeQuestion, stage: Stage, { raw }: Pod): Promise<readonly Remark[]> {
  const { image, used, patient } = question;
  const spec = objectAt(raw, 'spec');
  const container = objectsAt(spec, 'containers').find((each) => textAt(each, 'name') === functionContainer) ?? {};
  const pulled = parseReference(textAt(container, 'image'));
  const names = objectsAt(spec, 'imagePullSecrets').map((entry) => textAt(entry, 'name'));
  const { remarks, matching } = await carriedSecrets({ image, pulled, names, patient, stage, used });
  const carried = ok(
    image,
    names.length === 0 ? 'its pod has no pull secret' : `its pod has the pull secrets ${names.join(', ')}`,
  );
  if (textAt(container, 'imagePullPolicy') === 'Never')
    return [carried, ...remarks, neverPulled(image, pulled.canonical)];
  return [carried, ...remarks, verdict(question, pulled.canonical, matching)];
}

function neverPulled(image: string, pulled: string): Remark {
  const fix = 'Load it onto every node under that name, or give another --image-pull-policy.';
  return warning(image, `imagePullPolicy is Never: the node has to have ${pulled} already`, fix);
}

function verdict({ image, used }: NodeQuestion, pulled: string, matching: readonly string[]): Remark {
  const [first] = matching;
  if (first !== undefined) return ok(image, `the node would pull ${pulled} with ${first}`);
  if (used.kind === 'login' && used.login.kind === 'anonymous') {
    return ok(image, `the node would pull ${pulled} without credentials, as it was found here`);
  }
  return problem(
    image,
    `the node has no credentials for ${pulled} that it can use, though the image was found with ${used.key}`,
    'Put a user name and password for that registry into one of the pull secrets: see function-runner link-pull-secret.',
  );
}
