import type { Target } from './target.ts';
import { allowedRegistries } from './targets/allowed-registries.ts';
import { caBundle } from './targets/ca-bundle.ts';
import { challenge } from './targets/challenge.ts';
import { clusterObject } from './targets/cluster-object.ts';
import { credentials } from './targets/credentials.ts';
import { flags } from './targets/flags.ts';
import { hostsToml } from './targets/hosts-toml.ts';
import { porchText } from './targets/porch-text.ts';
import { tagPage } from './targets/tag-page.ts';
import { helperAnswer } from './targets/helper-answer.ts';
import { imageConfig } from './targets/image-config.ts';
import { krmOutput } from './targets/krm-output.ts';
import { kubeconfig } from './targets/kubeconfig.ts';
import { layer } from './targets/layer.ts';
import { manifest } from './targets/manifest.ts';
import { providerAnswer } from './targets/provider-answer.ts';
import { providerConfig } from './targets/provider-config.ts';
import { publicKeys } from './targets/public-keys.ts';
import { reference } from './targets/reference.ts';
import { runRegistries } from './targets/run-registries.ts';
import { signatureDocuments } from './targets/signature-documents.ts';
import { verifyOption } from './targets/verify-option.ts';

export const targets: readonly Target[] = [
  allowedRegistries,
  reference,
  runRegistries,
  credentials,
  helperAnswer,
  providerAnswer,
  providerConfig,
  challenge,
  manifest,
  imageConfig,
  krmOutput,
  caBundle,
  flags,
  layer,
  hostsToml,
  porchText,
  tagPage,
  clusterObject,
  kubeconfig,
  publicKeys,
  ...signatureDocuments,
  verifyOption,
];
