import { toRunnerError } from '../../core/errors.ts';
import { parseReference, type Reference } from '../../image/reference.ts';
import { functionContainer, type PodSpec } from './pod-template.ts';

/** Every image that the node pulls for a pod, each once. What is no image name is left out: the kubelet will say so. */
export function podImages(spec: PodSpec, functionImage: Reference): readonly Reference[] {
  const others = [...spec.initContainers, ...spec.containers.filter(({ name }) => name !== functionContainer)];
  const found = others.flatMap(({ image = '' }) => referenceTo(image));
  return [...new Map([functionImage, ...found].map((reference) => [reference.canonical, reference])).values()];
}

function referenceTo(image: string): readonly Reference[] {
  try {
    return [parseReference(image)];
  } catch (error) {
    if (toRunnerError(error).code.startsWith('REF_')) return [];
    throw error;
  }
}
