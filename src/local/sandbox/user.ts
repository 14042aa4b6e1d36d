import { RunnerError } from '../../core/errors.ts';

/** Whom a function runs as inside its sandbox. */
export interface SandboxUser {
  readonly uid: number;
  readonly gid: number;
  /** From the image's /etc/passwd. */
  readonly home: string | undefined;
}

interface Account {
  readonly id: number;
  readonly group: number;
  readonly home: string | undefined;
}

/** Functions must be able to run as nobody (functions-spec.md), so those that ask for root or for nobody in particular do. */
export const nobody = 65532;
/** A larger number has been taken for root by others (CVE-2024-40635). */
const maxId = 2 ** 31 - 1;

/**
 * Reads the `User` of an image's config: `user`, `uid`, `user:group`, `uid:gid`, `uid:group`, `user:gid` or nothing;
 * names are looked up in the image's own files.
 * https://github.com/opencontainers/image-spec/blob/main/config.md#properties
 *
 * @throws RunnerError `MAN_CONFIG`
 */
export function resolveUser(user: string, passwd: string, group: string): SandboxUser {
  const colon = user.indexOf(':');
  const [userPart, groupPart] = colon < 0 ? [user, ''] : [user.slice(0, colon), user.slice(colon + 1)];
  const account = findAccount(userPart, passwd);
  const gid = groupPart === '' ? account.group : findGroup(groupPart, group);
  return { uid: notRoot(account.id), gid: notRoot(gid), home: account.home };
}

function findAccount(user: string, passwd: string): Account {
  if (user === '') return { id: nobody, group: nobody, home: undefined };
  const rows = rowsOf(passwd);
  const id = toId(user);
  const row = rows.find(id === undefined ? ([name]) => name === user : ([, , uid]) => uid === user);
  if (row) return { id: listedId(row[2], user), group: listedId(row[3], user), home: homeOf(row[5]) };
  if (id === undefined) throw unknownName('user', user, '/etc/passwd');
  return { id, group: nobody, home: undefined };
}

function findGroup(name: string, group: string): number {
  const id = toId(name);
  if (id !== undefined) return id;
  const row = rowsOf(group).find(([rowName]) => rowName === name);
  if (row === undefined) throw unknownName('group', name, '/etc/group');
  return listedId(row[2], name);
}

function rowsOf(text: string): readonly (readonly string[])[] {
  return text.split('\n').map((line) => line.split(':'));
}

/** Undefined for a name. */
function toId(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  if (id <= maxId) return id;
  throw new RunnerError(
    'MAN_CONFIG',
    `the image's User holds the number ${text}, which is larger than ${String(maxId)}`,
    {
      hint: `Build the image with a USER whose numbers are at most ${String(maxId)}.`,
    },
  );
}

function listedId(text: string | undefined, name: string): number {
  const id = toId(text ?? '');
  if (id !== undefined) return id;
  throw new RunnerError(
    'MAN_CONFIG',
    `the entry of ${JSON.stringify(name)} in the image's /etc/passwd or /etc/group has no number`,
  );
}

function homeOf(text: string | undefined): string | undefined {
  return text?.startsWith('/') === true ? text : undefined;
}

function notRoot(id: number): number {
  return id === 0 ? nobody : id;
}

function unknownName(kind: string, name: string, file: string): RunnerError {
  return new RunnerError(
    'MAN_CONFIG',
    `the image's User names the ${kind} ${JSON.stringify(name)}, which its ${file} does not have`,
    {
      hint: 'Build the image with a numeric USER.',
    },
  );
}
