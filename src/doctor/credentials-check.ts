import { basename, dirname } from 'node:path';
import { type Entry, parseEntry } from '../credentials/entry.ts';
import type { HelperChoice } from '../credentials/helper/helper-choices.ts';
import { parseKey, shownKey } from '../credentials/key.ts';
import { NodeConfig } from '../kubernetes/pull-secret/node-config.ts';
import { findProgram } from '../local/sandbox/find-program.ts';
import type { Check } from './check.ts';
import { type CredentialsFile, readCredentialsFile } from './credentials-file.ts';
import { mountedKeys } from './mounted-keys.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped, warning } from './remark.ts';

const renew = 'Write the entry anew: kubectl create secret docker-registry makes one that is right.';

/** The docker config with the registries' credentials: the file, each entry, and the helpers that it names. */
export function credentialsCheck({ options, given, runtime, surroundings }: Patient): Check {
  const path = options.registryAuthSecretPath;
  return {
    name: 'credentials',
    subject: path,
    timeoutMs: 5000,
    run: async () => {
      if (!options.enablePrivateRegistries) return [skipped('', unused(given, runtime))];
      const file = await readCredentialsFile(options);
      if (file === undefined) return [await missing(path)];
      const searchPath = surroundings.environment['PATH'] ?? '';
      return [
        ok(path, countOf(file)),
        ...entryRemarks(file),
        ...(await helperRemarks(file, searchPath)),
        ...(runtime === 'pod' ? nodeRemarks(file) : []),
      ];
    },
  };
}

/** Outside a cluster the login of docker or podman would have been used, unless the flags say otherwise. */
function unused(given: Patient['given'], runtime: Patient['runtime']): string {
  const isAsked = given.has('enable-private-registries') || given.has('registry-auth-secret-path');
  const why = isAsked || runtime === 'pod' ? '' : '; docker login, podman login or skopeo login have left none here';
  return `not used without --enable-private-registries${why}`;
}

async function missing(path: string): Promise<Remark> {
  const { keys, said } = await mountedKeys(dirname(path));
  const fix =
    keys.length === 0
      ? 'Mount the secret with the credentials there, or name its place by --registry-auth-secret-path.'
      : `Name the key of the secret that holds them by --registry-auth-secret-path, or mount it as ${basename(path)}.`;
  return problem(path, `there is no such file; ${said}`, fix);
}

function countOf({ config }: CredentialsFile): string {
  const count = config.entries.size;
  return count === 1 ? 'read; 1 entry' : `read; ${String(count)} entries`;
}

function entryRemarks({ config, keyring }: CredentialsFile): readonly Remark[] {
  return [...config.entries].map(([text, value]) => {
    const shown = shownKey(text);
    const entry = parseEntry(value);
    if (entry.kind === 'broken') return problem(`entry ${shown}`, entry.reason, renew);
    if (parseKey(text) === undefined) {
      return warning(`entry ${shown}`, 'the key is no host with optional port and path; skipped', renew);
    }
    const caution = keyring.warnings.find((line) => line.startsWith(`credentials ${JSON.stringify(shown)}: `));
    if (caution !== undefined) return warning(`entry ${shown}`, caution, 'Change the entry where nodes need it too.');
    if (entry.kind === 'empty') return warning(`entry ${shown}`, 'nothing to log in with', renew);
    return ok(`entry ${shown}`, kindOf(entry));
  });
}

function kindOf({ login }: Extract<Entry, { kind: 'login' }>): string {
  switch (login.kind) {
    case 'basic':
      return 'user name and password';
    case 'identity-token':
      return 'identity token';
    case 'registry-token':
      return 'registry token';
    case 'anonymous':
      return 'nothing';
  }
}

async function helperRemarks({ config }: CredentialsFile, path: string): Promise<readonly Remark[]> {
  const { hosts, store } = config.helpers;
  const named = [...hosts, ...(store.kind === 'off' ? [] : [{ host: 'credsStore', choice: store }])];
  return Promise.all(named.map(async ({ host, choice }) => helperRemark(`helper for ${host}`, choice, path)));
}

async function helperRemark(subject: string, choice: HelperChoice, path: string): Promise<Remark> {
  if (choice.kind === 'off') return ok(subject, 'none, as the file says');
  if (choice.kind === 'broken') return problem(subject, choice.reason, 'Name a helper that is installed.');
  const program = `docker-credential-${choice.name}`;
  const found = await findProgram(program, path);
  if (found !== undefined) return ok(subject, `${program} is ${found}`);
  return problem(subject, `there is no program ${program} on the PATH`, 'Install it beside the runner, in its image.');
}

/** What would not reach the nodes. */
function nodeRemarks({ bytes, path }: CredentialsFile): readonly Remark[] {
  return NodeConfig.parse(bytes, path).warnings.map((text) => warning(path, text, renew));
}
