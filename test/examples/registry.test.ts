import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { Agent, type Dispatcher, request } from 'undici';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, type RegistryOptions, startRegistry } from '../../examples/registry/registry.ts';
import { requires } from '../support/requires.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';

const image = await buildImage({ files: [{ kind: 'file', path: 'a', content: 'some text' }], entrypoint: ['/a'] });
const layer = image.blobs[1]?.digest ?? '';

async function withRegistry<T>(options: RegistryOptions, use: (registry: Registry) => Promise<T>): Promise<T> {
  const registry = await startRegistry(options);
  try {
    return await use(registry);
  } finally {
    await registry.stop();
  }
}

async function send(
  method: 'GET' | 'POST' | 'PATCH' | 'PUT',
  url: string,
  options: { headers?: Record<string, string>; body?: string; dispatcher?: Dispatcher } = {},
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }> {
  const { statusCode: status, headers, body } = await request(url, { method, ...options });
  return { status, headers, text: await body.text() };
}

describe('the example registry', () => {
  it('lists tags sorted and in pages, with a link to the next page', async () => {
    await withRegistry({}, async ({ address }) => {
      for (const tag of ['v2', 'v10', 'v1']) await pushImage(address, 'a/b', tag, image);
      const first = await send('GET', `http://${address}/v2/a/b/tags/list?n=2`);
      expect(JSON.parse(first.text)).to.deep.equal({ name: 'a/b', tags: ['v1', 'v10'] });
      expect(first.headers['link']).to.equal('</v2/a/b/tags/list?last=v10&n=2>; rel="next"');
      const second = await send('GET', `http://${address}/v2/a/b/tags/list?n=2&last=v10`);
      expect(JSON.parse(second.text)).to.deep.equal({ name: 'a/b', tags: ['v2'] });
      expect(second.headers['link']).to.equal(undefined);
    });
  });

  it('refuses a page size that is no number', async () => {
    await withRegistry({}, async ({ address }) => {
      await pushImage(address, 'a/b', 'v1', image);
      const { status, text } = await send('GET', `http://${address}/v2/a/b/tags/list?n=many`);
      expect(status).to.equal(400);
      expect(text).to.contain('PAGINATION_NUMBER_INVALID');
    });
  });

  it('refuses a chunk that does not begin where the last one ended', async () => {
    await withRegistry({}, async ({ address }) => {
      const opened = await send('POST', `http://${address}/v2/a/b/blobs/uploads/`);
      const url = `http://${address}${String(opened.headers['location'])}`;
      const { status, text } = await send('PATCH', url, { headers: { 'content-range': '5-8' }, body: 'late' });
      expect(status).to.equal(416);
      expect(text).to.contain('RANGE_INVALID');
    });
  });

  it('refuses a range past the end of a blob, and says how long it is', async () => {
    await withRegistry({}, async ({ address }) => {
      await pushImage(address, 'a/b', 'v1', image);
      const url = `http://${address}/v2/a/b/blobs/${layer}`;
      const { status, headers } = await send('GET', url, { headers: { range: 'bytes=100000-' } });
      expect(status).to.equal(416);
      expect(headers['content-range']).to.equal(`bytes */${String(image.blobs[1]?.bytes.length)}`);
    });
  });

  it('takes blobs by sha512, and gives them back', async () => {
    await withRegistry({}, async ({ address }) => {
      const digest = `sha512:${createHash('sha512').update('text').digest('hex')}`;
      const put = await send('POST', `http://${address}/v2/a/b/blobs/uploads/?digest=${digest}`, { body: 'text' });
      expect(put.status).to.equal(201);
      const { text } = await send('GET', `http://${address}/v2/a/b/blobs/${digest}`);
      expect(text).to.equal('text');
    });
  });

  it('refuses a manifest of more than 4 MiB', async () => {
    await withRegistry({}, async ({ address }) => {
      const headers = { 'content-type': image.manifest.mediaType };
      const body = ' '.repeat(4 * 1024 * 1024 + 1);
      const { status, text } = await send('PUT', `http://${address}/v2/a/b/manifests/v1`, { headers, body });
      expect(status).to.equal(413);
      expect(text).to.contain('SIZE_INVALID');
    });
  });

  it('keeps a list of what was asked, by whom, and how it was answered', async () => {
    const seen: string[] = [];
    const onRequest = ({ method, path, status }: { method: string; path: string; status: number }): void => {
      seen.push(`${method} ${path} ${String(status)}`);
    };
    await withRegistry({ users: { ann: 'secret' }, onRequest }, async ({ address, requests }) => {
      await send('GET', `http://${address}/v2/`);
      await send('GET', `http://${address}/v2/?x=1`, { headers: { authorization: basic('ann:secret') } });
      expect(requests).to.deep.equal([
        { method: 'GET', path: '/v2/', status: 401, user: undefined },
        { method: 'GET', path: '/v2/?x=1', status: 200, user: 'ann' },
      ]);
      expect(seen).to.deep.equal(['GET /v2/ 401', 'GET /v2/?x=1 200']);
    });
  });

  it('speaks TLS with the certificate it is given, and only TLS', async () => {
    const authority = await createAuthority();
    const tls = await authority.issue({ ipAddresses: ['127.0.0.1'] });
    await withRegistry({ tls }, async ({ address }) => {
      const dispatcher = new Agent({ connect: { ca: authority.certificatePem } });
      const { status } = await send('GET', `https://${address}/v2/`, { dispatcher });
      await dispatcher.close();
      expect(status).to.equal(200);
      const plain = await send('GET', `http://${address}/v2/`).catch((error: unknown) => String(error));
      expect(plain).to.be.a('string');
    });
  });
});

function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString('base64')}`;
}

/** A login, and whether it opens a registry whose only user is `ann` with the password `a:b:c`. */
const logins: readonly { readonly title: string; readonly authorization?: string; readonly status: 200 | 401 }[] = [
  { title: 'no login', status: 401 },
  { title: 'the right login, with colons in the password', authorization: basic('ann:a:b:c'), status: 200 },
  { title: 'the scheme in lower case', authorization: basic('ann:a:b:c').replace('Basic', 'basic'), status: 200 },
  { title: 'another password', authorization: basic('ann:a:b'), status: 401 },
  { title: 'another user', authorization: basic('bob:a:b:c'), status: 401 },
  { title: 'no colon', authorization: basic('ann'), status: 401 },
  { title: 'an empty password', authorization: basic('ann:'), status: 401 },
  { title: 'what is not base64', authorization: 'Basic !!!', status: 401 },
  { title: 'a bearer token', authorization: 'Bearer abc', status: 401 },
];

describe('a registry with htpasswd', () => {
  describe('of the examples', () => {
    for (const { title, authorization, status } of logins) {
      it(`answers ${String(status)} to ${title}`, async () => {
        await withRegistry({ users: { ann: 'a:b:c' } }, async ({ address }) => {
          const answer = await send('GET', `http://${address}/v2/`, loginHeaders(authorization));
          expect(answer.status).to.equal(status);
          if (status === 200) return;
          expect(answer.headers['www-authenticate']).to.match(/^Basic realm="[^"]+"$/);
          expect(answer.text).to.contain('"code":"UNAUTHORIZED"');
        });
      });
    }
  });

  describe("of Debian's docker-registry", () => {
    requires('docker-registry', 'htpasswd');
    let registry: DockerRegistry | undefined;
    before(async () => {
      registry = await startDockerRegistry({ users: { ann: 'a:b:c' } });
    });
    after(async () => registry?.stop());

    for (const { title, authorization, status } of logins) {
      it(`answers ${String(status)} to ${title} too`, async () => {
        const answer = await send('GET', `http://${registry?.authority ?? ''}/v2/`, loginHeaders(authorization));
        expect(answer.status).to.equal(status);
        if (status === 200) return;
        expect(answer.headers['www-authenticate']).to.match(/^Basic realm="[^"]+"$/);
        expect(answer.text).to.contain('"code":"UNAUTHORIZED"');
      });
    }
  });
});

function loginHeaders(authorization: string | undefined): { headers?: Record<string, string> } {
  return authorization === undefined ? {} : { headers: { authorization } };
}
