import type { Options } from '../config/options.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { readCredentialsFile } from './credentials-file.ts';
import { type NeededRight, neededRights } from './needed-rights.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped, warning } from './remark.ts';

/** Each rule of the Role, by the feature that needs it. */
export function rightsCheck(patient: Patient, under: ClusterUnderTest): Check {
  const { options } = patient;
  return {
    name: 'rights',
    timeoutMs: 30_000,
    run: async (signal) => {
      const reached = await under.reached();
      if ('why' in reached) return [skipped('', reached.why)];
      const rights = neededRights(
        options,
        reached.cluster.access.namespace,
        await under.named(),
        await hasPrograms(options),
      );
      return Promise.all(rights.map(async (right) => rightRemark(right, under, signal)));
    },
  };
}

/** Whether some of the credentials come from programs. */
async function hasPrograms(options: Options): Promise<boolean> {
  if (options.imageCredentialProviderConfig !== '') return true;
  const helpers = (await readCredentialsFile(options).catch(() => undefined))?.config.helpers;
  return helpers !== undefined && (helpers.store.kind === 'program' || helpers.hosts.length > 0);
}

async function rightRemark(right: NeededRight, under: ClusterUnderTest, signal: AbortSignal): Promise<Remark> {
  const verbs = [...new Set(right.ways.flat())];
  const may = await Promise.all(
    verbs.map(async (verb) => ((await under.may(questionOf(right, verb), signal)) ? [verb] : [])),
  );
  const allowed = new Set(may.flat());
  const way = right.ways.find((each) => each.every((verb) => allowed.has(verb)));
  const what = `${right.resource}${right.name === undefined ? '' : ` ${right.name}`} in ${right.namespace}`;
  if (way !== undefined) return ok(right.feature, `${way.join(', ')} ${what}`);
  const missing = (right.ways[0] ?? []).filter((verb) => !allowed.has(verb)).join(', ');
  const why = `${missing} ${what} ${missing.includes(',') ? 'are' : 'is'} not allowed: ${right.without}`;
  const rule = `apiGroups: ["${right.group}"], resources: [${right.resource}], verbs: [${missing}]`;
  const names = right.name === undefined ? '' : `, resourceNames: [${right.name}]`;
  const fix = `Add to the Role in ${right.namespace}: {${rule}${names}}`;
  return right.isVital ? problem(right.feature, why, fix) : warning(right.feature, why, fix);
}

/** A POST has no name that `create` could be bound to, but an apply has, which is how objects of one name are made. */
function questionOf(
  { namespace, group, resource, name }: NeededRight,
  verb: string,
): Parameters<ClusterUnderTest['may']>[0] {
  return { namespace, verb, group, resource, name };
}
