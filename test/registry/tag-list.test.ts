import { expect } from 'chai';

import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { sendJson, startServer } from '../support/http-server.ts';
import type { Handler } from '../support/http-server.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { functionRunner } from '../support/command-line.ts';
import { createAuthority } from '../../examples/registry/certificates.ts';

interface Listing {
  readonly exitCode: number;
  readonly answer: unknown;
  readonly targets: readonly string[];
  readonly authority: string;
}

/** What `tags` says of a registry that answers so. */
async function listed(answer: (url: URL, ...rest: Parameters<Handler>) => void): Promise<Listing> {
  const server = await startServer((request, response) => {
    answer(new URL(request.target, 'http://registry.example'), request, response);
  });
  try {
    const image = `${server.authority}/team/fn:v1`;
    const flags = [`--insecure-registries=${server.authority}`, '--output=json'];
    const { exitCode, stdout } = await functionRunner(['tags', image, ...flags]);
    const targets = server.requests.map(({ target }) => target);
    return { exitCode, answer: JSON.parse(stdout), targets, authority: server.authority };
  } finally {
    await server.stop();
  }
}

describe('the tags of a repository', function () {
  this.timeout(30_000);

  it('[KT16] are read page by page, where the registry links the next one', async () => {
    const { answer, targets } = await listed((url, _request, response) => {
      const last = url.searchParams.get('last');
      const link = { link: '</v2/team/fn/tags/list?last=v2&n=2>; rel="next"' };
      if (last === null) sendJson(response, 200, { name: 'team/fn', tags: ['v1', 'v2'] }, link);
      else sendJson(response, 200, { name: 'team/fn', tags: ['v2', 'v3', 'not a tag\u001B[31m', 7] });
    });
    expect(answer).to.deep.include({
      tags: ['v1', 'v2', 'v3'],
      complete: true,
      credential: 'anonymous',
      connection: 'plaintext',
    });
    expect(targets).to.deep.equal(['/v2/team/fn/tags/list?n=1000', '/v2/team/fn/tags/list?last=v2&n=2']);
  });

  it('[KT16] go on after the last one of a full page without a link', async () => {
    const all = Array.from({ length: 1001 }, (_, index) => `v${String(index).padStart(4, '0')}`);
    const { answer, targets } = await listed((url, _request, response) => {
      const last = url.searchParams.get('last') ?? '';
      sendJson(response, 200, { tags: all.filter((tag) => tag > last).slice(0, Number(url.searchParams.get('n'))) });
    });
    expect(answer).to.deep.include({ tags: all, complete: true });
    expect(targets).to.deep.equal(['/v2/team/fn/tags/list?n=1000', '/v2/team/fn/tags/list?n=1000&last=v0999']);
  });

  it('[KT16] may be null', async () => {
    const { answer, exitCode } = await listed((_url, _request, response) => {
      sendJson(response, 200, { name: 'team/fn', tags: null });
    });
    expect(exitCode).to.equal(0);
    expect(answer).to.deep.include({ tags: [], complete: true });
  });

  for (const [what, link] of [
    ['another host', '<http://other.example/v2/team/fn/tags/list?token=secret>; rel=next'],
    ['another port', '<//127.0.0.1:1/v2/team/fn/tags/list>; rel="prev next"'],
    ['no URL', '<http://[>; rel="next"'],
  ] as const) {
    it(`[KT16] are not looked for at ${what}`, async () => {
      const { answer, exitCode, targets } = await listed((_url, _request, response) => {
        sendJson(response, 200, { tags: ['v1'] }, { link });
      });
      expect(exitCode).to.equal(1);
      expect(answer).to.have.nested.property('error.reason', 'REDIRECT_REFUSED');
      expect(JSON.stringify(answer)).not.to.include('secret');
      expect(targets).to.have.lengthOf(1);
    });
  }

  it('[KT16] are followed through another way to write the same origin', async () => {
    const { answer } = await listed((url, request, response) => {
      const link = `<http://${String(request.headers.host)}/v2/team/fn/tags/list?page=2>; rel="next", </x>; rel="first"`;
      if (url.searchParams.has('page')) sendJson(response, 200, { tags: ['v2'] });
      else sendJson(response, 200, { tags: ['v1'] }, { link });
    });
    expect(answer).to.deep.include({ tags: ['v1', 'v2'], complete: true });
  });

  it('[KT16] end after 100 pages', async () => {
    let page = 0;
    const { answer, targets } = await listed((_url, _request, response) => {
      page += 1;
      sendJson(
        response,
        200,
        { tags: [`v${String(page)}`] },
        { link: `</v2/team/fn/tags/list?page=${String(page)}>; rel="next"` },
      );
    });
    expect(targets).to.have.lengthOf(100);
    expect(answer).to.deep.include({ complete: false }).and.have.property('tags').with.lengthOf(100);
  });

  it('[KT16] end after 10 000', async () => {
    const tags = Array.from({ length: 6000 }, (_, index) => String(index));
    const { answer, targets } = await listed((url, _request, response) => {
      const isFirst = !url.searchParams.has('page');
      sendJson(
        response,
        200,
        { tags: tags.map((tag) => (isFirst ? `a${tag}` : `b${tag}`)) },
        { link: '</v2/team/fn/tags/list?page=2>; rel="next"' },
      );
    });
    expect(targets).to.have.lengthOf(2);
    expect(answer).to.deep.include({ complete: false }).and.have.property('tags').with.lengthOf(10_000);
  });

  it('say so where there is no such repository, or no registry', async () => {
    const missing = await listed((_url, _request, response) => {
      sendJson(response, 404, { errors: [{ code: 'NAME_UNKNOWN' }] });
    });
    expect(missing.answer).to.have.nested.property('error.reason', 'REPO_NOT_FOUND');
    const other = await listed((_url, _request, response) => {
      sendJson(response, 200, ['v1']);
    });
    expect(other.answer).to.have.nested.property('error.reason', 'NOT_A_REGISTRY');
  });

  describe('of docker-registry, behind a login and a private CA', () => {
    requires('docker-registry', 'htpasswd');

    it('[KT16] are printed one per line, with the credentials and the trust of the service', async () => {
      const ca = await createAuthority();
      const tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
      const registry = await startDockerRegistry({ tls, users: { robot: 'pass' } });
      const secret = await mountSecret({
        '.dockerconfigjson': dockerConfigJson({ [registry.authority]: 'robot:pass' }),
        'ca.crt': ca.certificatePem,
      });
      try {
        const auth = { username: 'robot', password: 'pass' };
        const image = await buildImage({ entrypoint: ['/fn'] });
        for (const tag of ['v2', 'v1', 'latest'])
          await pushImage(registry.authority, 'team/fn', tag, image, { auth, ca: ca.certificatePem });
        const flags = [
          '--enable-private-registries',
          `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`,
          '--enable-private-registries-tls',
          `--tls-secret-path=${secret.path}`,
        ];
        const found = await functionRunner(['tags', `${registry.authority}/team/fn`, ...flags]);
        expect(found).to.include({ exitCode: 0, stdout: 'latest\nv1\nv2\n' });
        const none = await functionRunner(['tags', `${registry.authority}/team/no`, ...flags]);
        expect(none.exitCode).to.equal(1);
        expect(none.stderr).to.include('repository team/no does not exist');
        const refused = await functionRunner(['tags', `${registry.authority}/team/fn`, ...flags.slice(2)]);
        expect(refused.exitCode).to.equal(1);
        expect(refused.stderr).to.include('wants a login');
      } finally {
        await registry.stop();
        await secret.remove();
      }
    });
  });
});
