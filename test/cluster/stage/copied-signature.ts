import { Agent, request } from 'undici';
import type { Blob } from '../../../examples/registry/image.ts';
import { pushImage } from '../../../examples/registry/push.ts';
import { digestOf } from '../../../src/image/digest.ts';
import { jsonAt } from '../../support/json-at.ts';
import type { RegistryAccess } from '../../support/skopeo.ts';

/** An image in the registry. */
export interface PushedImage {
  /** Without the host. */
  readonly repository: string;
  readonly digest: string;
}

/** Puts the signature of one image where that of another one is looked for, with its payload changed if wanted. */
export async function copySignature(
  access: RegistryAccess,
  from: PushedImage,
  to: PushedImage,
  edit: (payload: string) => string = (payload) => payload,
): Promise<void> {
  const { user, caPem = '' } = access;
  if (user === undefined) throw new Error('a registry with a login is needed');
  const fetched = async (path: string): Promise<string> => get(access, `${from.repository}/${path}`);
  const signed: unknown = JSON.parse(await fetched(`manifests/${signatureTag(from)}`));
  const layer = jsonAt(signed, 'layers', 0);
  const config = blob(String(jsonAt(signed, 'config', 'mediaType')), '{}');
  const payload = blob(
    String(jsonAt(layer, 'mediaType')),
    edit(await fetched(`blobs/${String(jsonAt(layer, 'digest'))}`)),
  );
  const mediaType = String(jsonAt(signed, 'mediaType'));
  const manifest = blob(
    mediaType,
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: descriptorOf(config),
      layers: [{ ...descriptorOf(payload), annotations: jsonAt(layer, 'annotations') }],
    }),
  );
  const image = { platform: { os: 'linux', architecture: 'amd64' }, manifest, blobs: [config, payload] };
  const auth = { username: user.name, password: user.password };
  await pushImage(access.authority, to.repository, signatureTag(to), image, { ca: caPem, auth });
}

function signatureTag({ digest }: PushedImage): string {
  return `${digest.replace(':', '-')}.sig`;
}

function blob(mediaType: string, text: string): Blob {
  const bytes = Buffer.from(text);
  return { mediaType, bytes, digest: digestOf(bytes).text };
}

function descriptorOf({ mediaType, digest, bytes }: Blob): Readonly<Record<string, unknown>> {
  return { mediaType, digest, size: bytes.length };
}

async function get({ authority, caPem, user }: RegistryAccess, path: string): Promise<string> {
  const agent = new Agent(caPem === undefined ? {} : { connect: { ca: caPem } });
  try {
    const login = Buffer.from(`${user?.name ?? ''}:${user?.password ?? ''}`).toString('base64');
    const headers = { authorization: `Basic ${login}`, accept: 'application/vnd.oci.image.manifest.v1+json, */*' };
    const { statusCode, body } = await request(`https://${authority}/v2/${path}`, { dispatcher: agent, headers });
    if (statusCode !== 200) throw new Error(`${path}: ${String(statusCode)}`);
    return await body.text();
  } finally {
    await agent.close();
  }
}
