import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { request } from 'undici';
import { buildImage, buildIndex } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.ts';
import { requires } from '../support/requires.ts';

type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

interface Sent {
  readonly method: Method;
  /** Path below `/v2/`; `LOCATION` is where the answer before pointed to. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What of an answer a client acts on. */
interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly codes: readonly string[];
  readonly body: string;
}

const repository = 'functions/example';
const image = await buildImage({ files: [{ kind: 'file', path: 'a', content: 'some text' }], entrypoint: ['/a'] });
const other = await buildImage({ entrypoint: ['/b'], platform: { os: 'linux', architecture: 's390x' } });
const docker = await buildImage({ entrypoint: ['/c'], format: 'docker' });
const index = buildIndex([image, other]);
const manifest = image.manifest.digest;
const layer = image.blobs[1]?.digest ?? '';
const missing = `sha256:${'0'.repeat(64)}`;
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const manifestTypes = [image, index, docker].map(({ manifest: { mediaType } }) => mediaType).join(', ');
const start: Sent = { method: 'POST', path: `${repository}/blobs/uploads/` };
const octets = { 'content-type': 'application/octet-stream' };

/** What is asked of both registries; every case begins with the same content. */
const cases: readonly { readonly title: string; readonly requests: readonly Sent[] }[] = [
  { title: 'the version check', requests: [{ method: 'GET', path: '' }] },
  { title: 'a manifest by tag', requests: [{ method: 'GET', path: `${repository}/manifests/v1` }] },
  { title: 'a manifest by digest', requests: [{ method: 'GET', path: `${repository}/manifests/${manifest}` }] },
  { title: 'an index by tag', requests: [{ method: 'GET', path: `${repository}/manifests/index` }] },
  { title: 'a Docker manifest', requests: [{ method: 'GET', path: `${repository}/manifests/docker` }] },
  { title: 'the headers of a manifest', requests: [{ method: 'HEAD', path: `${repository}/manifests/v1` }] },
  { title: 'a tag that is not there', requests: [{ method: 'GET', path: `${repository}/manifests/v9` }] },
  {
    title: 'the headers of a tag that is not there',
    requests: [{ method: 'HEAD', path: `${repository}/manifests/v9` }],
  },
  { title: 'a digest that is not there', requests: [{ method: 'GET', path: `${repository}/manifests/${missing}` }] },
  { title: 'a manifest of a repository that is not there', requests: [{ method: 'GET', path: 'nobody/manifests/v1' }] },
  { title: 'a blob', requests: [{ method: 'GET', path: `${repository}/blobs/${layer}` }] },
  { title: 'the headers of a blob', requests: [{ method: 'HEAD', path: `${repository}/blobs/${layer}` }] },
  {
    title: 'a part of a blob',
    requests: [{ method: 'GET', path: `${repository}/blobs/${layer}`, headers: { range: 'bytes=2-5' } }],
  },
  {
    title: 'the end of a blob',
    requests: [{ method: 'GET', path: `${repository}/blobs/${layer}`, headers: { range: 'bytes=-4' } }],
  },
  { title: 'a blob that is not there', requests: [{ method: 'GET', path: `${repository}/blobs/${missing}` }] },
  { title: 'a blob that another repository has', requests: [{ method: 'HEAD', path: `nobody/blobs/${layer}` }] },
  { title: 'a digest that is none', requests: [{ method: 'GET', path: `${repository}/blobs/sha256:short` }] },
  { title: 'an unknown algorithm', requests: [{ method: 'GET', path: `${repository}/blobs/md5:${'0'.repeat(32)}` }] },
  { title: 'the tags', requests: [{ method: 'GET', path: `${repository}/tags/list` }] },
  { title: 'the tags of a repository that is not there', requests: [{ method: 'GET', path: 'nobody/tags/list' }] },
  { title: 'a name in capitals', requests: [{ method: 'GET', path: 'Functions/Example/manifests/v1' }] },
  { title: 'a path that is no endpoint', requests: [{ method: 'GET', path: `${repository}/nothing` }] },
  { title: 'a method that the endpoint has not', requests: [{ method: 'PATCH', path: `${repository}/tags/list` }] },
  { title: 'the deletion of a blob', requests: [{ method: 'DELETE', path: `${repository}/blobs/${layer}` }] },
  { title: 'an upload in one piece', requests: [start, upload('whole')] },
  { title: 'an upload in chunks', requests: [start, chunk('one,'), chunk('two,', '4-7'), upload('', 'one,two,')] },
  { title: 'how far an upload is', requests: [start, chunk('one,'), { method: 'GET', path: 'LOCATION' }] },
  { title: 'the end of an upload', requests: [start, { method: 'DELETE', path: 'LOCATION' }] },
  { title: 'an upload with another digest', requests: [start, upload('whole', 'something else')] },
  { title: 'an upload without a digest', requests: [start, { method: 'PUT', path: 'LOCATION', headers: octets }] },
  {
    title: 'a mount from another repository',
    requests: [{ method: 'POST', path: `mounted/blobs/uploads/?mount=${layer}&from=${repository}` }],
  },
  {
    title: 'a mount of what is not there',
    requests: [{ method: 'POST', path: `mounted/blobs/uploads/?mount=${missing}&from=${repository}` }],
  },
  { title: 'a pushed manifest', requests: [push(image.manifest.bytes.toString(), 'again')] },
  { title: 'a manifest under the digest of another', requests: [push(image.manifest.bytes.toString(), missing)] },
  { title: 'a manifest that is no JSON', requests: [push('{', 'broken')] },
  {
    title: 'a manifest whose layer is missing',
    requests: [push(image.manifest.bytes.toString().replace(layer, missing), 'hollow')],
  },
  {
    title: 'a manifest in a repository that has not its blobs',
    requests: [{ ...push(image.manifest.bytes.toString(), 'v1'), path: 'nobody/manifests/v1' }],
  },
];

function upload(body: string, whole = body): Sent {
  const digest = `sha256:${createHash('sha256').update(whole).digest('hex')}`;
  return { method: 'PUT', path: `LOCATION?digest=${digest}`, headers: octets, body };
}

function chunk(body: string, range?: string): Sent {
  return {
    method: 'PATCH',
    path: 'LOCATION',
    headers: { ...octets, ...(range === undefined ? {} : { 'content-range': range }) },
    body,
  };
}

function push(body: string, reference: string): Sent {
  return {
    method: 'PUT',
    path: `${repository}/manifests/${reference}`,
    headers: { 'content-type': manifestType },
    body,
  };
}

const compared = [
  'accept-ranges',
  'content-range',
  'content-type',
  'docker-content-digest',
  'docker-distribution-api-version',
  'etag',
  'link',
  'location',
  'range',
];

async function ask(address: string, requests: readonly Sent[]): Promise<readonly Seen[]> {
  const answers: Seen[] = [];
  let location = '';
  for (const { method, path, headers, body } of requests) {
    const response = await request(urlOf(address, path, location), {
      method,
      headers: { accept: manifestTypes, ...headers },
      body: body ?? null,
    });
    const text = await response.body.text();
    location = String(response.headers['location'] ?? location);
    answers.push({
      status: response.statusCode,
      headers: Object.fromEntries(compared.map((name) => [name, plain(String(response.headers[name]), address)])),
      codes: codesIn(text),
      body: response.statusCode < 300 ? sortedTags(text.trimEnd()) : '',
    });
  }
  return answers;
}

/** Keeps what a URL carries already (docker-registry's upload state) when a digest is added. */
function urlOf(address: string, path: string, location: string): URL {
  if (!path.startsWith('LOCATION')) return new URL(`http://${address}/v2/${path}`);
  const url = new URL(location, `http://${address}`);
  for (const [name, value] of new URLSearchParams(path.slice('LOCATION?'.length))) url.searchParams.set(name, value);
  return url;
}

/** Without what differs from one registry to the other on purpose: addresses, upload ids and state. */
function plain(value: string, address: string): string {
  return value.replace(`http://${address}`, '').replace(/uploads\/[^/?]+(\?.*)?$/, 'uploads/ID');
}

function codesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/"code":"([A-Z_]+)"/g)].map(([, code = '']) => code))];
}

/** docker-registry lists tags as its file system does; the specification wants them sorted. */
function sortedTags(text: string): string {
  return text.replace(/"tags":\[(.*)\]/, (_, tags: string) => tags.split(',').toSorted().join(','));
}

async function seed(address: string): Promise<void> {
  await pushImage(address, repository, 'v1', image);
  await pushImage(address, repository, 'index', index);
  await pushImage(address, repository, 'docker', docker);
}

describe('the example registry answers as docker-registry does', () => {
  requires('docker-registry');
  let theirs: DockerRegistry | undefined;
  let ours: Registry | undefined;

  before(async () => {
    theirs = await startDockerRegistry();
    ours = await startRegistry();
    await seed(theirs.authority);
    await seed(ours.address);
  });

  after(async () => {
    await theirs?.stop();
    await ours?.stop();
  });

  for (const { title, requests } of cases) {
    it(`to a request for ${title}`, async () => {
      expect(await ask(ours?.address ?? '', requests)).to.deep.equal(await ask(theirs?.authority ?? '', requests));
    });
  }
});
