import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Secret } from '../../../src/core/secret.ts';
import type { ClusterAccess } from '../../../src/kubernetes/cluster-access.ts';
import { type AccessRule, type AccessUser, everything } from './access-rules.ts';
import { ApiHandler, type SeenApiRequest } from './api-handler.ts';
import { type Fault, Faults } from './faults.ts';
import { ObjectActions } from './object-actions.ts';
import { ObjectTable } from './object-table.ts';
import type { WatchSession } from './watch-session.ts';

/** A small API server in this process: see {@link startApiDouble}. */
export interface ApiDouble {
  readonly server: URL;
  /** In order of arrival; `status` 0 while not answered, or never. */
  readonly requests: readonly SeenApiRequest[];
  /** How often it was asked for, by `verb resource`, like `create pods`. */
  counts(): Readonly<Record<string, number>>;
  /** Access as a user of {@link addUser}; without a name, as one who may do everything. */
  access(user?: string, namespace?: string): ClusterAccess;
  /** What this user may do; another call with the same name replaces it. */
  addUser(name: string, rules: readonly AccessRule[]): void;
  fault(fault: Fault): void;
  clearFaults(): void;
  /** Open watches, of one resource when it is given. */
  watches(resource?: string): readonly WatchSession[];
  /** Sends a bookmark to every watch. */
  bookmark(): void;
  /** Forgets the history: whoever watches from an older version is told 410, in the stream or as the answer. */
  expire(how?: 'stream' | 'http'): void;
  stop(): Promise<void>;
}

/**
 * An API server double: objects with versions, uid and times, preconditions, merge patch, server-side apply in its simple
 * form, watches, graceful deletion, finalizers, status and binding subresources, RBAC, faults. `test/support/api-behaviour`
 * holds it to what the real one does.
 */
export async function startApiDouble(): Promise<ApiDouble> {
  const table = new ObjectTable();
  const faults = new Faults();
  const users = new Map<string, AccessUser>([['token-admin', { name: 'admin', rules: everything }]]);
  const handler = new ApiHandler({ table, actions: new ObjectActions(table), faults, users });
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    handler.serve(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  const url = new URL(`http://127.0.0.1:${String(address.port)}`);
  return {
    server: url,
    requests: handler.requests,
    counts: () => handler.counts(),
    access: (user = 'admin', namespace = 'default') => accessAs(url, user, namespace),
    addUser: (name, rules) => {
      users.set(`token-${name}`, { name, rules });
    },
    fault: (fault) => {
      faults.add(fault);
    },
    clearFaults: () => {
      faults.clear();
    },
    watches: (resource) => handler.watches(resource),
    bookmark: () => {
      for (const watch of handler.watches()) watch.bookmark();
    },
    expire: (how = 'stream') => {
      table.forget();
      handler.goneAnswer = how;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function accessAs(server: URL, user: string, namespace: string): ClusterAccess {
  const header = new Secret(`Bearer token-${user}`);
  return {
    server,
    ca: undefined,
    skipTlsVerify: false,
    clientCertificate: undefined,
    namespace,
    authorization: async () => Promise.resolve(header),
  };
}
