import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type Descriptor, parseDescriptor } from '../registry/content/descriptor.ts';
import { parseObject, unreadable } from './parse-object.ts';
import { signPredicate } from './sigstore-bundle.ts';

const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';
const bundleType = /^application\/vnd\.dev\.sigstore\.bundle[.+]/;
const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const predicateAnnotation = 'dev.sigstore.bundle.predicateType';
const artifactTypes: ReadonlySet<string> = new Set(['application/vnd.dev.cosign.artifact.sig.v1+json']);
/** Who makes the index of a registry without referrers API knows the type of the config only, which for bundles says nothing. */
const unsaid: ReadonlySet<unknown> = new Set([undefined, '', 'application/vnd.oci.empty.v1+json']);
const maxEntries = 10_000;

/** A blob that is signed, and how. */
export type SignatureLayer =
  | { readonly kind: 'simple'; readonly descriptor: Descriptor; readonly signature: string }
  | { readonly kind: 'bundle'; readonly descriptor: Descriptor };

/**
 * The signatures that a manifest lists, by both ways of cosign: payloads of simple signing with their signature in an
 * annotation, and sigstore bundles. What is neither is left out.
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#storage
 *
 * @throws RunnerError `SIGNATURE_INVALID`, `MAN_TYPE`
 */
export function parseSignatureManifest(bytes: Uint8Array): readonly SignatureLayer[] {
  const manifest = parseObject(bytes, 'the manifest');
  const predicate = annotationsOf(manifest)[predicateAnnotation];
  const isOther = predicate !== undefined && predicate !== signPredicate;
  return listOf(manifest, 'layers').flatMap((layer, at): readonly SignatureLayer[] => {
    const descriptor = parseDescriptor(layer, `layer ${String(at + 1)}`);
    if (bundleType.test(descriptor.mediaType)) return isOther ? [] : [{ kind: 'bundle', descriptor }];
    const signature = isJsonObject(layer) ? annotationsOf(layer)[signatureAnnotation] : undefined;
    if (descriptor.mediaType !== simpleSigningType || typeof signature !== 'string') return [];
    return [{ kind: 'simple', descriptor, signature }];
  });
}

/**
 * The manifests in an index of referrers that may hold signatures.
 *
 * @throws RunnerError `SIGNATURE_INVALID`, `MAN_TYPE`
 */
export function parseReferrers(bytes: Uint8Array): readonly Descriptor[] {
  return listOf(parseObject(bytes, 'the index of referrers'), 'manifests').flatMap((entry, at) => {
    const type = isJsonObject(entry) ? entry['artifactType'] : undefined;
    const mayBe = unsaid.has(type) || (typeof type === 'string' && (artifactTypes.has(type) || bundleType.test(type)));
    return mayBe ? [parseDescriptor(entry, `entry ${String(at + 1)}`)] : [];
  });
}

function listOf(object: JsonObject, name: string): readonly unknown[] {
  const list = object[name];
  if (!Array.isArray(list) || list.length > maxEntries) throw unreadable(`its ${name} are no list, or too long a one`);
  return list;
}

function annotationsOf(object: JsonObject): JsonObject {
  const { annotations } = object;
  return isJsonObject(annotations) ? annotations : {};
}
