import { randomBytes } from 'node:crypto';
import { isJsonObject } from '../../../src/core/json.ts';
import { at, mergePatch, text, type Raw } from './json.ts';
import { conflictingManagers, withManager } from './managed-fields.ts';
import { checkVersion, graceSeconds, hasFinalizers, isUnchanged, prepareNew, prepareUpdate } from './object-rules.ts';
import { type ObjectTable, seconds } from './object-table.ts';
import { alreadyExists, badRequest, conflict, notFound, Refusal } from './refusal.ts';
import type { Target } from './target.ts';

export interface Writer {
  readonly manager: string;
  readonly force: boolean;
}

/** What the API server does with one object, without who may do it. All methods throw {@link Refusal}. */
export class ObjectActions {
  readonly #table: ObjectTable;

  constructor(table: ObjectTable) {
    this.#table = table;
  }

  get(target: Target): Raw {
    const found = this.#table.get(collectionOf(target), target.namespace, target.name);
    if (found === undefined) throw notFound(target);
    return found;
  }

  /** @param options.isDryRun what would be created is not kept */
  create(
    target: Target,
    body: Raw,
    { manager, isDryRun }: Pick<Writer, 'manager'> & { readonly isDryRun: boolean },
  ): Raw {
    if (target.resource === 'pods' && target.subresource === 'binding') return this.#bind(target, body);
    const object = prepareNew(target, body, () => randomBytes(3).toString('hex').slice(0, 5));
    const name = text(at(object, 'metadata'), 'name');
    if (this.#table.get(collectionOf(target), target.namespace, name) !== undefined) throw alreadyExists(target, name);
    const managed = withManager(undefined, object, { manager, operation: 'Update' });
    return isDryRun ? managed : this.#table.put(collectionOf(target), managed);
  }

  update(target: Target, body: Raw, { manager }: Pick<Writer, 'manager'>): Raw {
    return this.#change(target, body, { manager, operation: 'Update' });
  }

  patch(target: Target, type: string, body: Raw, { manager, force }: Writer): Raw {
    if (type === 'application/merge-patch+json') {
      const merged = mergePatch(this.get(target), body);
      return this.#change(target, isJsonObject(merged) ? withPatchVersion(merged, body) : {}, {
        manager,
        operation: 'Update',
      });
    }
    if (type !== 'application/apply-patch+yaml') throw new Refusal(415, 'UnsupportedMediaType', `the body is ${type}`);
    if (manager === '') throw badRequest('PatchOptions: fieldManager: Required value: is required for apply patch');
    return this.#apply(target, body, { manager, force });
  }

  delete(target: Target, options: Raw): Raw {
    const existing = this.get(target);
    checkVersion(target, existing, at(options, 'preconditions'));
    const grace = graceSeconds(target, existing, options['gracePeriodSeconds']);
    if (grace === 0 && !hasFinalizers(existing)) return this.#table.remove(collectionOf(target), existing);
    const metadata = at(existing, 'metadata');
    const known = metadata['deletionGracePeriodSeconds'];
    if (typeof known === 'number' && known <= grace) return existing;
    const deletionTimestamp = seconds(Date.now() + grace * 1000);
    return this.#table.put(collectionOf(target), {
      ...existing,
      metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: grace },
    });
  }

  /** Whether an apply would create it. */
  isThere(target: Target): boolean {
    return this.#table.get(collectionOf(target), target.namespace, target.name) !== undefined;
  }

  #apply(target: Target, body: Raw, { manager, force }: Writer): Raw {
    const existing = this.#table.get(collectionOf(target), target.namespace, target.name);
    if (existing === undefined) {
      // A version in what is applied binds nothing here; a UID does.
      const { resourceVersion: _version, uid, ...metadata } = at(body, 'metadata');
      if (uid !== undefined) throw conflict(target, 'uid mismatch: no existing object was found');
      const named = { ...body, metadata: { ...metadata, name: target.name } };
      const object = prepareNew(target, named, () => '');
      return this.#table.put(collectionOf(target), withManager(undefined, object, { manager, operation: 'Apply' }));
    }
    const others = conflictingManagers(existing, body, manager);
    if (others.length > 0 && !force) {
      throw conflict(
        target,
        `Apply failed with ${String(others.length)} conflict: conflict with "${others.join('", "')}"`,
      );
    }
    const merged = mergePatch(existing, body);
    return this.#change(target, isJsonObject(merged) ? withPatchVersion(merged, body) : {}, {
      manager,
      operation: 'Apply',
    });
  }

  #change(target: Target, body: Raw, by: { readonly manager: string; readonly operation: 'Apply' | 'Update' }): Raw {
    const existing = this.get(target);
    const changed = prepareUpdate(target, existing, body);
    const isDeleted = at(changed, 'metadata')['deletionTimestamp'] !== undefined;
    const grace = at(changed, 'metadata')['deletionGracePeriodSeconds'];
    if (isDeleted && !hasFinalizers(changed) && (grace === 0 || grace === undefined)) {
      return this.#table.remove(collectionOf(target), changed);
    }
    const managed = withManager(existing, changed, by, target.subresource);
    return isUnchanged(existing, changed) ? existing : this.#table.put(collectionOf(target), managed);
  }

  #bind(target: Target, body: Raw): Raw {
    const existing = this.get(target);
    if (text(at(existing, 'spec'), 'nodeName') !== '') throw conflict(target, 'pod is already assigned to a node');
    const nodeName = text(at(body, 'target'), 'name');
    this.#table.put(collectionOf(target), { ...existing, spec: { ...at(existing, 'spec'), nodeName } });
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  }
}

export function collectionOf({ group, resource }: Target): string {
  return `${group}/${resource}`;
}

/** A version is a precondition only when the patch itself names it. */
function withPatchVersion(merged: Raw, patch: Raw): Raw {
  const { resourceVersion, uid } = at(patch, 'metadata');
  const { resourceVersion: _version, uid: _uid, ...metadata } = at(merged, 'metadata');
  const named = { ...(resourceVersion !== undefined && { resourceVersion }), ...(uid !== undefined && { uid }) };
  return { ...merged, metadata: { ...metadata, ...named } };
}
