import type { Candidate } from '../credentials/candidate.ts';
import type { Reference } from '../image/reference.ts';
import { RunRegistries } from '../image/run-registries.ts';
import { unusedMsOf } from '../kubernetes/pull-secret/generated/generated-names.ts';
import { isScopedName } from '../kubernetes/pull-secret/kept-secrets.ts';
import { NodeConfig } from '../kubernetes/pull-secret/node-config.ts';
import { type NodeView, nodeView } from '../kubernetes/pull-secret/node-view.ts';
import { readPullSecret } from '../kubernetes/pull-secret/named/read-pull-secret.ts';
import { pullSecretContent } from '../kubernetes/pull-secret/secret-types.ts';
import { secrets } from '../kubernetes/resources.ts';
import { readCredentialsFile } from './credentials-file.ts';
import type { Patient } from './patient.ts';
import { readOne } from './read-one.ts';
import type { Stage } from './rehearsal.ts';
import { ok, problem, type Remark, warning } from './remark.ts';

interface Question {
  readonly image: string;
  /** As the pod names it. */
  readonly pulled: Reference;
  /** The pod's pull secrets. */
  readonly names: readonly string[];
  readonly patient: Patient;
  readonly stage: Stage;
  readonly used: Candidate;
}

interface Carried {
  readonly remarks: readonly Remark[];
  /** What a node could pull the image with, as `entry KEY of NAME`. */
  readonly matching: readonly string[];
}

/** Each pull secret of a pod by the kubelet's own rules. */
export async function carriedSecrets(question: Question): Promise<Carried> {
  const all = await Promise.all(question.names.map(async (name) => carriedSecret(name, question)));
  return { remarks: all.flatMap(({ remarks }) => remarks), matching: all.flatMap(({ matching }) => matching) };
}

async function carriedSecret(name: string, question: Question): Promise<Carried> {
  const { image, pulled, patient, used } = question;
  const looked = await readOne(question.stage.cluster, secrets(patient.options.podNamespace), name);
  if (looked.kind === 'unreadable') {
    const why = `pull secret ${name} may not be read, so it is not known what it holds`;
    return {
      remarks: [warning(image, why, `Allow get of secrets ${name} in ${patient.options.podNamespace}.`)],
      matching: [],
    };
  }
  if (looked.kind === 'absent') return absentSecret(name, question);
  const read = readPullSecret(looked.object);
  if (read.kind === 'useless') {
    return { remarks: [problem(image, `pull secret ${name} ${read.problem}`, read.hint)], matching: [] };
  }
  const content = pullSecretContent(looked.object);
  if (content === undefined) return { remarks: [], matching: [] };
  return viewed(name, image, nodeView(content.content.reveal(), content.key, pulled), used);
}

/** The service makes its own before it creates the pod. */
async function absentSecret(name: string, { image, pulled, patient, used }: Question): Promise<Carried> {
  const { registryAuthSecretName: own } = patient.options;
  const isReplica = name === own || isScopedName(name, own);
  const file = isReplica ? await readCredentialsFile(patient.options) : undefined;
  if (file !== undefined) {
    const { pairs } = RunRegistries.parse(patient.options.runRegistry);
    const bytes = NodeConfig.parse(file.bytes, file.path, pairs).whole.bytes.reveal();
    return viewed(`${name}, which the service is yet to make`, image, nodeView(bytes, file.path, pulled), used);
  }
  if (used.kind === 'login' && used.issued !== undefined && unusedMsOf(own, name) !== undefined) {
    return { remarks: [], matching: [`${used.key} in ${name}, which the service is yet to make`] };
  }
  const why = `pull secret ${name} is not there; nodes pass it over`;
  return {
    remarks: [warning(image, why, `Make it in ${patient.options.podNamespace}, or take its name away.`)],
    matching: [],
  };
}

function viewed(name: string, image: string, view: NodeView, used: Candidate): Carried {
  if (view.kind === 'refused') {
    const why = `the kubelet refuses pull secret ${name}: ${view.reason}`;
    return {
      remarks: [problem(image, why, 'Correct that entry: for its sake all of the secret is refused.')],
      matching: [],
    };
  }
  const [key] = view.keys;
  if (key !== undefined) return { remarks: [], matching: [`entry ${key} of ${name}`] };
  const isNeeded = used.kind === 'broken' || used.login.kind !== 'anonymous';
  return { remarks: isNeeded ? [ok(image, `pull secret ${name} has no entry for it`)] : [], matching: [] };
}
