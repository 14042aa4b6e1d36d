import { RunnerError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { type KeyTarget, parseKey, shownKey } from '../key.ts';

/** Which program has the login for a registry. A broken one's reason holds nothing of the file. */
export type HelperChoice =
  | {
      readonly kind: 'program';
      readonly name: string;
      /** That of `credsStore`, which says of no registry that there is a login for it. */
      readonly isStore?: true;
    }
  | { readonly kind: 'broken'; readonly reason: string }
  /** An empty name: no program, not even that of `credsStore`. */
  | { readonly kind: 'off' };

interface HostChoice {
  /** As in the file. */
  readonly host: string;
  readonly exactHost: string;
  readonly port: string;
  readonly choice: HelperChoice;
}

const hint = 'Write {"credHelpers": {"registry.example.com": "NAME"}} for a program docker-credential-NAME.';

/** `credHelpers` and `credsStore` of a docker config (registry-behaviour 2.7). Field names in any case, as Go reads them. */
export class HelperChoices {
  static readonly none = new HelperChoices([], { kind: 'off' }, []);

  /** For registries without one of their own. */
  readonly store: HelperChoice;
  readonly warnings: readonly string[];
  readonly #hosts: readonly HostChoice[];

  private constructor(hosts: readonly HostChoice[], store: HelperChoice, warnings: readonly string[]) {
    this.#hosts = hosts;
    this.store = store;
    this.warnings = warnings;
  }

  /** @throws RunnerError `CFG_SHAPE` */
  static parse(document: JsonObject, file: string): HelperChoices {
    const hosts: HostChoice[] = [];
    const warnings: string[] = [];
    let store: HelperChoice = { kind: 'off' };
    for (const [field, value] of Object.entries(document)) {
      const name = field.toLowerCase();
      if (name === 'credsstore') store = storeOf(choiceOf(value, field, file));
      else if (name === 'credhelpers' && value !== null) addHosts(value, field, file, { hosts, warnings });
    }
    return new HelperChoices(hosts, store, warnings);
  }

  /** Every registry that `credHelpers` says something of, as it is written there. */
  get hosts(): readonly { readonly host: string; readonly choice: HelperChoice }[] {
    return this.#hosts;
  }

  /** What `credHelpers` names for a registry; undefined when it says nothing of it. */
  own({ exactHost, port }: KeyTarget): HelperChoice | undefined {
    return this.#hosts.find((host) => host.exactHost === exactHost && host.port === port)?.choice;
  }
}

function addHosts(
  value: unknown,
  field: string,
  file: string,
  { hosts, warnings }: { readonly hosts: HostChoice[]; readonly warnings: string[] },
): void {
  if (!isJsonObject(value)) throw new RunnerError('CFG_SHAPE', `${file}: ${field} is not an object`, { file, hint });
  for (const [text, name] of Object.entries(value)) {
    const choice = choiceOf(name, `a value of ${field}`, file);
    const key = parseKey(text);
    if (key?.exactHost === undefined || key.path !== '') {
      const shown = JSON.stringify(shownKey(text));
      warnings.push(`${field} ${shown}: the key is not a host with optional port; skipped`);
    } else hosts.push({ host: shownKey(text), exactHost: key.exactHost, port: key.port, choice });
  }
}

function storeOf(choice: HelperChoice): HelperChoice {
  return choice.kind === 'program' ? { ...choice, isStore: true } : choice;
}

/** A name becomes part of a program's name: nothing that could be a path or an option gets through. */
function choiceOf(value: unknown, field: string, file: string): HelperChoice {
  if (value === null || value === '') return { kind: 'off' };
  if (typeof value !== 'string') throw new RunnerError('CFG_SHAPE', `${file}: ${field} is not a text`, { file, hint });
  if (/^[a-z0-9-]{1,64}$/.test(value)) return { kind: 'program', name: value };
  return { kind: 'broken', reason: 'the name of a credential helper may hold a-z, 0-9 and - only' };
}
