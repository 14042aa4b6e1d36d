import { RunnerError } from '../../core/errors.ts';
import { commandOf } from '../../image/command.ts';
import type { Resolution } from '../../resolver/resolution.ts';
import { bindToArchitectures, neededArchitectures } from './architectures.ts';
import { pinnedImage, requestedImage } from './image-name.ts';
import { applyOverrides, type PodOverrides } from './overrides.ts';
import { type Container, functionContainer, inPodPort, type PodSpec, toolsFolder } from './pod-template.ts';
import type { PodSettings } from './pod-settings.ts';
import { setReadOnlyRoot } from './read-only-root.ts';
import type { TemplateVersion } from './template-version.ts';

export interface SpecInput {
  readonly resolution: Resolution;
  readonly template: TemplateVersion;
  readonly settings: PodSettings;
  readonly defaultImagePrefix: string;
  readonly overrides: PodOverrides | undefined;
  /** A FunctionConfig's word on it, which counts for every template. */
  readonly readOnlyRoot: boolean | undefined;
  /** A FunctionConfig's word on it. */
  readonly imagePullPolicy?: PodSettings['imagePullPolicy'] | undefined;
}

/**
 * The spec of a function's pods, but for the pull secret. The order is that of precedence: the template, the
 * FunctionConfig, and what makes a pod the pod of its function.
 *
 * @throws {RunnerError} `MAN_CONFIG` where the image has nothing to run, `POD_TEMPLATE` where there is no wrapper image
 */
export function functionSpec(input: SpecInput): PodSpec {
  const { resolution, template, settings, overrides } = input;
  const overridden = applyOverrides(withAccount(template.template.spec, settings), overrides ?? {}, template.isInline);
  const readOnlyRoot = input.readOnlyRoot ?? (template.isInline ? settings.readOnlyRoot : undefined);
  const rooted = readOnlyRoot === undefined ? overridden : setReadOnlyRoot(overridden, readOnlyRoot);
  const architectures = neededArchitectures(resolution.platforms);
  const bound = architectures === undefined ? rooted : bindToArchitectures(rooted, architectures);
  const [copy, ...others] = bound.initContainers;
  return {
    ...bound,
    initContainers: [withWrapperImage(copy, settings.wrapperServerImage, template.source), ...others],
    containers: bound.containers.map((each) => (each.name === functionContainer ? withFunction(each, input) : each)),
  };
}

/** Unlike the account that a FunctionConfig names, it is for pulling images: it gives no pod a token. */
function withAccount(spec: PodSpec, { serviceAccount }: PodSettings): PodSpec {
  return serviceAccount === '' ? spec : { ...spec, serviceAccountName: serviceAccount };
}

function withWrapperImage(copy: Container, wrapperServerImage: string, source: string): Container {
  const image = wrapperServerImage === '' ? (copy.image ?? '') : wrapperServerImage;
  if (image !== '') return { ...copy, image };
  throw new RunnerError('POD_TEMPLATE', `${source}: nothing says which image holds the in-pod server`, {
    hint: 'Set the environment variable WRAPPER_SERVER_IMAGE.',
  });
}

/** As Porch does, arguments of the template come first. */
function withFunction(container: Container, input: SpecInput): Container {
  const { resolution, settings, defaultImagePrefix } = input;
  const server = ['--port', String(inPodPort), '--max-request-body-size', String(settings.maxRequestBodySize), '--'];
  return {
    ...container,
    image: settings.pinImageDigest ? pinnedImage(resolution) : requestedImage(resolution, defaultImagePrefix),
    // Not the template's: API servers fill in Always, since its image is a placeholder without a tag.
    imagePullPolicy: input.imagePullPolicy ?? settings.imagePullPolicy,
    command: container['command'] ?? [`${toolsFolder}/wrapper-server`],
    args: [...(container.args ?? []), ...server, ...commandOf(resolution).map(literal)],
  };
}

/**
 * Kubelets replace `$(NAME)` and read `$$` as `$`.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container
 */
function literal(argument: string): string {
  return argument.replaceAll(/\$+(?=\()|\${2,}/g, (dollars) => dollars + dollars);
}
