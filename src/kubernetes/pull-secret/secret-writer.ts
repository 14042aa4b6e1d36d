import { ApiError } from '../api-error.ts';
import type { Api, Resource } from '../api.ts';
import { onlyIfStill } from '../apply-precondition.ts';
import { manager } from '../manager.ts';
import type { SecretObject } from '../secret-object.ts';
import type { SecretContent } from './node-config.ts';
import { ownFields, wholeBody } from './secret-marks.ts';

/** What the cluster lets us do. */
export interface SecretRights {
  allows(namespace: string, verb: string, group: string, resource: string, name?: string): Promise<boolean>;
  denied(namespace: string, verb: string, group: string, resource: string): void;
}

interface SecretWriterOptions {
  readonly api: Api;
  readonly resource: Resource<SecretObject>;
  readonly name: string;
  readonly permissions: SecretRights;
}

/**
 * Writes one secret, and only where it is as it was seen: by server-side apply where the Role allows `patch`, which leaves
 * the fields of others alone and can be bound to one name even for its creation; else by create and update.
 */
export class SecretWriter {
  readonly #options: SecretWriterOptions;

  constructor(options: SecretWriterOptions) {
    this.#options = options;
  }

  /**
   * @param seen the secret as it was decided upon; undefined when it was not there
   * @throws {ApiError} 409, or 404 of an update, when it is not so any more
   */
  async write(
    seen: SecretObject | undefined,
    content: SecretContent,
    swappedAtMs: number,
    signal: AbortSignal,
  ): Promise<SecretObject> {
    const { resource, name, permissions } = this.#options;
    const { namespace } = resource;
    const fields = ownFields({ namespace, name }, content, swappedAtMs);
    if (!(await permissions.allows(namespace, 'patch', '', 'secrets', name))) return this.#put(seen, fields, signal);
    try {
      return await this.#apply(seen, fields, signal);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
      return await this.#putInstead(thrown, seen, fields, signal);
    }
  }

  async #apply(seen: SecretObject | undefined, fields: OwnFields, signal: AbortSignal): Promise<SecretObject> {
    const { api, resource, name } = this.#options;
    const body = { ...fields, metadata: { ...fields.metadata, ...onlyIfStill(seen) } };
    // What is there was decided to be ours, whoever wrote its fields last.
    const options = { type: 'apply', fieldManager: manager, force: seen !== undefined } as const;
    return api.patch(resource, name, body, options, signal);
  }

  async #put(seen: SecretObject | undefined, fields: OwnFields, signal: AbortSignal): Promise<SecretObject> {
    const { api, resource, name } = this.#options;
    if (seen === undefined) return api.create(resource, { ...fields }, signal);
    return api.update(resource, name, wholeBody(fields, seen), signal);
  }

  /** Not every 403 is the Role's; where the other way works it was. */
  async #putInstead(
    refusal: ApiError,
    seen: SecretObject | undefined,
    fields: OwnFields,
    signal: AbortSignal,
  ): Promise<SecretObject> {
    try {
      const written = await this.#put(seen, fields, signal);
      this.#options.permissions.denied(this.#options.resource.namespace, 'patch', '', 'secrets');
      return written;
    } catch (thrown) {
      throw thrown instanceof ApiError && thrown.status === 403 ? refusal : thrown;
    }
  }
}

type OwnFields = ReturnType<typeof ownFields>;
