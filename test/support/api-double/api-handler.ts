import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeJson, isJsonObject } from '../../../src/core/json.ts';
import { type AccessUser, isAllowed } from './access-rules.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { at, text, type Raw } from './json.ts';
import { collectionOf, type ObjectActions } from './object-actions.ts';
import { apiVersionOf, kindOf } from './object-rules.ts';
import type { ObjectTable } from './object-table.ts';
import { badRequest, forbidden, gone, Refusal } from './refusal.ts';
import { selection } from './selectors.ts';
import { parseTarget, type Target } from './target.ts';
import { WatchSession } from './watch-session.ts';

/** A request as the double saw it. */
export interface SeenApiRequest extends Target {
  /** Name of the user; empty when unknown. */
  readonly user: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Raw;
  status: number;
}

export interface ApiHandlerOptions {
  readonly table: ObjectTable;
  readonly actions: ObjectActions;
  readonly faults: Faults;
  /** By bearer token. */
  readonly users: ReadonlyMap<string, AccessUser>;
}

interface Answer {
  readonly code: number;
  readonly body: Raw;
}

/** Who asks, whether they may, what happens on the way, and then the action. */
export class ApiHandler {
  readonly #options: ApiHandlerOptions;
  readonly #watches = new Map<WatchSession, string>();
  readonly requests: SeenApiRequest[] = [];
  /** How a watch from a forgotten version is told. */
  goneAnswer: 'stream' | 'http' = 'stream';

  constructor(options: ApiHandlerOptions) {
    this.#options = options;
  }

  watches(resource?: string): readonly WatchSession[] {
    const open = [...this.#watches];
    return open.filter(([, of]) => resource === undefined || of === resource).map(([watch]) => watch);
  }

  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { verb, resource, subresource } of this.requests) {
      const key = `${verb} ${subresource === '' ? resource : `${resource}/${subresource}`}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://double');
    const body = await readBody(request);
    const target = parseTarget(request.method ?? 'GET', url);
    if (target === undefined) {
      send(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.0' });
      return;
    }
    const user = this.#options.users.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    const seen = { ...target, user: user?.name ?? '', query: Object.fromEntries(url.searchParams), body, status: 0 };
    this.requests.push(seen);
    const effect = this.#options.faults.take(target);
    if (effect?.kind === 'lost-request') {
      response.destroy();
      return;
    }
    if (effect?.kind === 'hang') return;
    if (effect?.kind === 'delay') await delay(effect.ms);
    const answer = this.#answer(target, { request, response, url, body, user, effect });
    if (answer === undefined) {
      seen.status = 200;
      return;
    }
    if (effect?.kind === 'lost-answer') {
      response.destroy();
      return;
    }
    if (effect?.kind === 'late-answer') await delay(effect.ms);
    seen.status = answer.code;
    const after = effect?.kind === 'status' ? effect.retryAfterSeconds : undefined;
    send(response, answer.code, answer.body, after);
  }

  /** Undefined for a watch, which is answered as it goes on. */
  #answer(target: Target, context: Context): Answer | undefined {
    try {
      const { effect, user } = context;
      if (user === undefined) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
      if (effect?.kind === 'status') throw new Refusal(effect.code, effect.reason ?? '', effect.message ?? 'on demand');
      if (target.resource === 'selfsubjectrulesreviews') return { code: 201, body: review(context.body, user) };
      if (!isAllowed(user.rules, named(target, context.url))) throw forbidden(target, user.name);
      const isCreation = isApply(context.request) && !this.#options.actions.isThere(target);
      const creation: Target = { ...target, verb: 'create' };
      if (isCreation && !isAllowed(user.rules, creation)) throw forbidden(creation, user.name);
      if (target.verb === 'watch') return this.#watch(target, context);
      return { code: target.verb === 'create' ? 201 : 200, body: this.#act(target, context) };
    } catch (thrown) {
      if (thrown instanceof Refusal) return { code: thrown.code, body: thrown.status() };
      throw thrown;
    }
  }

  #act(target: Target, { request, url, body }: Context): Raw {
    const { actions } = this.#options;
    const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
    const given = url.searchParams.get('fieldManager') ?? '';
    const force = url.searchParams.get('force') === 'true';
    const manager = given === '' ? agent : given;
    switch (target.verb) {
      case 'get':
        return actions.get(target);
      case 'list':
        return this.#list(target, url);
      case 'create':
        return actions.create(target, body, { manager, isDryRun: url.searchParams.get('dryRun') === 'All' });
      case 'update':
        return actions.update(target, body, { manager });
      case 'patch': {
        const type = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
        return actions.patch(target, type, body, { manager: type.includes('apply') ? given : manager, force });
      }
      case 'delete':
        return actions.delete(target, withQueryGrace(body, url));
      case 'watch':
        throw badRequest('a watch is no action');
    }
  }

  #list(target: Target, url: URL): Raw {
    const { table } = this.#options;
    const items = table.list(collectionOf(target), target.namespace).filter(selection(url.searchParams));
    return {
      kind: `${kindOf(target)}List`,
      apiVersion: apiVersionOf(target),
      metadata: { resourceVersion: String(table.version) },
      // Items of a list name neither: the list does.
      items: items.map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item),
    };
  }

  #watch(target: Target, { url, response }: Context): undefined {
    const { table } = this.#options;
    const from = url.searchParams.get('resourceVersion') ?? '';
    const version = from === '' || from === '0' ? undefined : Number(from);
    if (version !== undefined && table.since(version) === undefined && this.goneAnswer === 'http') throw gone();
    const watch = new WatchSession(
      table,
      {
        collection: collectionOf(target),
        namespace: target.namespace,
        selects: selection(url.searchParams),
        version,
        timeoutMs: Number(url.searchParams.get('timeoutSeconds') ?? 1800) * 1000,
        wantsBookmarks: url.searchParams.get('allowWatchBookmarks') === 'true',
        kind: kindOf(target),
        apiVersion: apiVersionOf(target),
      },
      response,
    );
    this.#watches.set(watch, target.resource);
    response.once('close', () => this.#watches.delete(watch));
    watch.start();
    return undefined;
  }
}

interface Context {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: Raw;
  readonly user: AccessUser | undefined;
  readonly effect: FaultEffect | undefined;
}

function isApply({ headers }: IncomingMessage): boolean {
  return (headers['content-type'] ?? '').startsWith('application/apply-patch');
}

/** A list or watch of one name is judged as if it were about that object. */
function named(target: Target, url: URL): Target {
  const name = /^metadata\.name=([^,]+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
  return target.name === '' && name !== undefined ? { ...target, name } : target;
}

function review(body: Raw, user: AccessUser): Raw {
  const namespace = text(at(body, 'spec'), 'namespace');
  const rules = user.rules.filter((rule) => (rule.namespace ?? namespace) === namespace);
  const resourceRules = rules.map(({ namespace: _namespace, ...rule }) => rule);
  return { ...body, status: { resourceRules, nonResourceRules: [], incomplete: false } };
}

function withQueryGrace(body: Raw, url: URL): Raw {
  const grace = url.searchParams.get('gracePeriodSeconds');
  return grace === null ? body : { gracePeriodSeconds: Number(grace), ...body };
}

function send(response: ServerResponse, code: number, body: Raw, retryAfterSeconds?: number): void {
  const after = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(code, { 'content-type': 'application/json', ...after });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Raw> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  if (chunks.length === 0) return {};
  const value = decodeJson(Buffer.concat(chunks));
  return isJsonObject(value) ? value : {};
}
