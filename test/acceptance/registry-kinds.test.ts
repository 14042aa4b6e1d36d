import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { imageContent, sendContent, type ImageContent } from '../registry/protocol/image-content.ts';
import { basicEntry, basicHeader, failureOf, useService, type ServiceSetup } from '../registry/protocol/use-service.ts';
import { VirtualNetwork } from '../registry/protocol/virtual-network.ts';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { type SeenRequest, sendJson, startServer, type TestServer } from '../support/http-server.ts';
import { cloudRegistries } from './registry-kinds/cloud-registries.ts';
import { companyRegistries } from './registry-kinds/company-registries.ts';
import type { RegistryKind } from './registry-kinds/registry-kind.ts';

const address = '203.0.113.7';
const rightToken = 'a.token.with.rights';

/**
 * The registries that people have, by the answers that they were seen to give. A real one of the open source kind is in
 * private-registry.test.ts (Basic) and token-registry.test.ts (Bearer); all names of Docker Hub in docker-hub.test.ts.
 */
describe('a registry of the kind of', () => {
  for (const kind of [...companyRegistries, ...cloudRegistries]) {
    describe(kind.name, () => {
      const { login, image, tokens } = kind;
      let server: TestServer;
      let content: ImageContent;
      let setup: ServiceSetup;

      before(async () => {
        const certificates = await createAuthority();
        content = await imageContent(kind.repository);
        const dnsNames = [kind.apiHost, ...(tokens === undefined ? [] : [tokens.host])];
        const tls = await certificates.issue({ dnsNames });
        server = await startServer(
          (request, response) => {
            answer(kind, content, request, response);
          },
          { tls },
        );
        const network = new VirtualNetwork().serve(address, 443, server);
        for (const name of dnsNames) network.name(name, address);
        setup = { caPem: certificates.certificatePem, overrides: network.overrides };
      });

      after(async () => server.stop());

      for (const key of kind.keys) {
        it(`${kind.rows} is resolved with the login under ${key}`, async () => {
          const before = server.requests.length;
          const auths = { [key]: basicEntry(login.username, login.password) };
          await useService({ ...setup, auths }, async (service) => {
            expect(await service.resolve(`${image}:v1`)).to.include({
              digest: content.manifest.digest,
              credential: key,
              connection: 'mounted-ca',
            });
          });
          expect(server.requests.slice(before).map(spoken)).to.deep.equal(conversation(kind, content));
        });
      }

      it(`${kind.rows} says what it has against a wrong password`, async () => {
        const { reason, says } = kind.failures.wrongPassword;
        const [key = ''] = kind.keys;
        const failure = await failureOf(
          { ...setup, auths: { [key]: basicEntry(login.username, 'of-yesterday') } },
          `${image}:v1`,
        );
        expect(failure.reason).to.equal(reason);
        expect(failure.message).to.include(says).and.to.include(JSON.stringify(key));
        expect(failure.message).to.not.include('of-yesterday');
      });

      it(`${kind.rows} wants a login, and the error names the keys that would do`, async () => {
        const { reason, says } = kind.failures.noLogin;
        const failure = await failureOf(setup, `${image}:v1`);
        expect(failure.reason).to.equal(reason);
        expect(failure.message).to.include(says);
      });

      it(`${kind.rows} has no such tag`, async () => {
        const { reason, says } = kind.failures.missingTag;
        const [key = ''] = kind.keys;
        const auths = { [key]: basicEntry(login.username, login.password) };
        const failure = await failureOf({ ...setup, auths }, `${image}:v9`);
        expect(failure.reason).to.equal(reason);
        expect(failure.message).to.include(says);
      });

      const { forbidden } = kind;
      if (forbidden !== undefined) {
        it(`${kind.rows} says what it has against an account without the right`, async () => {
          const [key = ''] = kind.keys;
          const auths = { [key]: basicEntry(login.username, login.password) };
          const failure = await failureOf({ ...setup, auths }, `${image}-guarded:v1`);
          expect(failure.reason).to.equal(forbidden.failure.reason);
          expect(failure.message).to.include(forbidden.failure.says).and.to.include(JSON.stringify(key));
        });
      }

      const { refreshToken } = tokens ?? {};
      if (refreshToken !== undefined) {
        it(`${kind.rows} takes an identity token, as its login command keeps it`, async () => {
          const [key = ''] = kind.keys;
          const auths = { [key]: { ...basicEntry(login.username, ''), identitytoken: refreshToken } };
          await useService({ ...setup, auths }, async (service) => {
            expect(await service.resolve(`${image}:v1`)).to.include({ digest: content.manifest.digest });
          });
          expect(server.requests.some(({ method }) => method === 'POST')).to.equal(true);
        });
      }
    });
  }
});

function answer(kind: RegistryKind, content: ImageContent, request: SeenRequest, response: ServerResponse): void {
  const { pathname } = new URL(request.target, 'https://registry.invalid');
  if (kind.tokens !== undefined && pathname === kind.tokens.path) {
    sell(kind, request, response);
    return;
  }
  const { username, password } = kind.login;
  const right = kind.tokens === undefined ? basicHeader(username, password) : `Bearer ${rightToken}`;
  if (request.headers.authorization !== right) {
    send(response, {
      ...kind.unauthorized,
      headers: { 'www-authenticate': kind.challenge, ...kind.unauthorized.headers },
    });
  } else if (kind.forbidden !== undefined && request.target.includes('-guarded/')) send(response, kind.forbidden.words);
  else if (content.paths.has(request.target)) sendContent(content, request, response);
  else send(response, kind.missing);
}

/** A token for whoever pays with the right login; to others what this kind says. */
function sell(kind: RegistryKind, request: SeenRequest, response: ServerResponse): void {
  const { login, tokens } = kind;
  if (tokens === undefined) return;
  const url = new URL(request.target, 'https://registry.invalid');
  const isPost = request.method === 'POST';
  const form = isPost ? new URLSearchParams(request.body) : url.searchParams;
  const isPaid = isPost
    ? form.get('refresh_token') === tokens.refreshToken
    : request.headers.authorization === basicHeader(login.username, login.password);
  const isNobody = !isPost && request.headers.authorization === undefined;
  const isOrder = form.get('service') === tokens.service && form.get('scope')?.split(' ')[0] === tokens.scope;
  if (!isOrder) sendJson(response, 400, { errors: [{ code: 'BAD_ORDER', message: 'wrong service or scope' }] });
  else if (isPaid) sendJson(response, 200, tokens.answer(rightToken));
  else if (tokens.refusal === undefined || (isNobody && tokens.refusesNobody !== true))
    sendJson(response, 200, tokens.answer('a.token.without.rights'));
  else send(response, tokens.refusal);
}

function send(response: ServerResponse, words: RegistryKind['missing']): void {
  response.writeHead(words.status, { 'content-type': words.type ?? 'application/json', ...words.headers });
  response.end(words.body);
}

function spoken({ method, target, headers }: SeenRequest): string {
  return `${method} ${target.split('?')[0] ?? ''} ${headers.authorization?.split(' ')[0] ?? '-'}`;
}

/** Nothing more than this is asked of it: its challenge comes with the first question, and no cookie is needed. */
function conversation({ tokens }: RegistryKind, { repository, config }: ImageContent): readonly string[] {
  const manifest = `GET /v2/${repository}/manifests/v1`;
  const blob = `GET /v2/${repository}/blobs/${config.digest}`;
  if (tokens === undefined) return [`${manifest} -`, `${manifest} Basic`, `${blob} Basic`];
  return [`${manifest} -`, `GET ${tokens.path} Basic`, `${manifest} Bearer`, `${blob} Bearer`];
}
