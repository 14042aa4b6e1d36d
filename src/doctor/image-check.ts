import { toRunnerError } from '../core/errors.ts';
import { anonymous, type Candidate } from '../credentials/candidate.ts';
import { formatPlatform } from '../image/platform.ts';
import { shownInput } from '../image/quote.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import type { Resolution } from '../resolver/resolution.ts';
import { commandOf } from '../image/command.ts';
import { imageGate, type WiredResolver } from '../wire-resolver.ts';
import type { Check } from './check.ts';
import { mayPush, pullsOnly } from './login-remark.ts';
import { nodeRemarks } from './node-remarks.ts';
import type { Patient } from './patient.ts';
import type { RegistryAccess } from './registry-access.ts';
import type { Rehearsal } from './rehearsal.ts';
import { failed, ok, problem, type Remark, skipped, warning } from './remark.ts';

const beyondResolvingMs = 60_000;

/** One image's whole way: its name, who may ask for it with what, what it is, and whether a node would pull it. */
export function imageCheck(patient: Patient, image: string, access: RegistryAccess, rehearsal: Rehearsal): Check {
  const { options } = patient;
  return {
    name: 'image',
    subject: shownInput(image),
    timeoutMs: options.resolveTimeoutMs + beyondResolvingMs,
    run: async (signal) => {
      const named = parseReference(image, { defaultImagePrefix: options.defaultImagePrefix });
      const reference = imageGate(options).admit(named);
      const naming = nameRemark(shownInput(image), named, reference);
      return [naming, ...(await lookedUp({ image, reference, patient, access, rehearsal }, signal))];
    },
  };
}

interface Question {
  /** As it was given; a person may have put a secret into it. */
  readonly image: string;
  /** As it is looked up. */
  readonly reference: Reference;
  readonly patient: Patient;
  readonly access: RegistryAccess;
  readonly rehearsal: Rehearsal;
}

async function lookedUp(question: Question, signal: AbortSignal): Promise<readonly Remark[]> {
  const { reference, patient, access, rehearsal } = question;
  const image = shownInput(question.image);
  const wired = await access.open();
  if (typeof wired === 'string') return [skipped(image, `it cannot be looked for: ${wired}`)];
  const stage = patient.runtime === 'pod' ? await rehearsal.open(wired) : undefined;
  const { candidates, warnings } = await wired.credentials.lookup(reference, { signal });
  const known = [
    candidatesRemark(image, reference.domain, candidates),
    ...warnings.map((text) => warning(image, text, 'Change the entry where nodes need it too.')),
  ];
  const found = await find(wired, question.image, signal);
  if (!('resolution' in found)) return [...known, found.remark];
  const { resolution } = found;
  const used = candidates.find(({ key }) => key === resolution.credential) ?? anonymous;
  return [
    ...known,
    ...foundRemarks(image, resolution, patient.options.verifyImages.length > 0),
    ...(await pushRemarks(wired, image, resolution, used, signal)),
    ...(await nodeRemarks({ image, resolution, used, stage, patient }, signal)),
  ];
}

function nameRemark(image: string, named: Reference, reference: Reference): Remark {
  if (named.domain === reference.domain) return ok(image, `means ${reference.canonical}`);
  return ok(image, `means ${named.canonical}; looked up as ${reference.canonical} (--run-registry)`);
}

function candidatesRemark(image: string, domain: string, candidates: readonly Candidate[]): Remark {
  const broken = candidates.filter((candidate) => candidate.kind === 'broken');
  const keys = candidates.map(({ key }) => key).join(', ');
  const [first] = broken;
  if (first !== undefined) {
    const fix = first.hint ?? `Correct what ${first.key} gives.`;
    return problem(image, `credentials that match: ${keys}; ${first.key}: ${first.reason}`, fix);
  }
  return ok(
    image,
    keys === anonymous.key ? `no credentials match; ${domain} is asked anonymously` : `credentials that match: ${keys}`,
  );
}

async function find(
  wired: WiredResolver,
  image: string,
  signal: AbortSignal,
): Promise<{ readonly resolution: Resolution } | { readonly remark: Remark }> {
  try {
    return await wired.resolver.resolve(image, { signal });
  } catch (thrown) {
    const remark = failed(shownInput(image), thrown);
    return { remark: { ...remark, why: remark.why + othersAsked(thrown, remark.why) } };
  }
}

/** Mirrors that were of no use, of which the last one's failure says nothing. */
function othersAsked(thrown: unknown, why: string): string {
  const { attempts = [] } = toRunnerError(thrown).details;
  return attempts
    .filter(({ outcome, reason }) => outcome === 'failed' && !why.includes(reason))
    .map(({ step, address, reason }) => `; asked before: ${step} ${address}: ${reason}`)
    .join('');
}

function foundRemarks(image: string, resolution: Resolution, isVerified: boolean): readonly Remark[] {
  const { digest, connection, credential, platform, platforms, warnings } = resolution;
  return [
    ok(image, `found: ${digest}, reached by ${connection}, ${loginUsed(credential)}`),
    ...(isVerified ? [ok(image, 'signed as --verify-images asks')] : []),
    ok(image, `platform ${formatPlatform(platform)} of ${platforms.join(', ')}`),
    commandRemark(image, resolution),
    ...warnings.map((text) => warning(image, text, 'See what nodes would do with it.')),
  ];
}

function loginUsed(credential: string): string {
  return credential === anonymous.key ? 'without a login' : `with the login of ${credential}`;
}

function commandRemark(image: string, resolution: Resolution): Remark {
  try {
    return ok(image, `runs ${JSON.stringify(commandOf(resolution))}`);
  } catch (thrown) {
    return failed(image, thrown);
  }
}

/** Registries without tokens that tell say nothing: then there is nothing to say here. */
async function pushRemarks(
  wired: WiredResolver,
  image: string,
  { reference }: Resolution,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<readonly Remark[]> {
  if (candidate.kind === 'broken' || candidate.login.kind === 'anonymous') return [];
  const { path: repository } = reference;
  const question = { registry: reference, candidate, repository };
  const answer = await wired.client.logins.ask(question, signal).catch(() => undefined);
  if (answer?.login !== 'accepted') return [];
  const login = `the login of ${candidate.key}`;
  if (answer.actions === undefined) {
    return [ok(image, `cannot tell whether ${login} could push: its registry does not say`)];
  }
  if (!mayPush(answer.actions)) return [ok(image, `${login} cannot push to ${repository}`)];
  return [warning(image, `${login} could push to ${repository}`, pullsOnly)];
}
