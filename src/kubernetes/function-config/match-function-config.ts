import type { Reference } from '../../image/reference.ts';
import type { FunctionConfig, Repository } from './function-config.ts';

/** An image, as far as FunctionConfigs tell images apart. */
export type ImageName = Pick<Reference, 'domain' | 'path'> & Partial<Pick<Reference, 'tag'>>;

/** The FunctionConfig that counts for the pods of an image: the one that says most about it, then the first by name. */
export function findForPods(configs: readonly FunctionConfig[], image: ImageName): FunctionConfig | undefined {
  return best(
    configs.filter(({ pod }) => pod !== undefined && (pod.tags.length === 0 || hasTag(pod.tags, image))),
    image,
    (config) => config.pod?.tags.length ?? 0,
  );
}

/** The one that names an executable for an image; its tags have to be listed. */
export function findExecutable(configs: readonly FunctionConfig[], image: ImageName): FunctionConfig | undefined {
  return best(
    configs.filter(({ executable }) => executable !== undefined && hasTag(executable.tags, image)),
    image,
    () => 0,
  );
}

function best(
  configs: readonly FunctionConfig[],
  image: ImageName,
  tagCount: (config: FunctionConfig) => number,
): FunctionConfig | undefined {
  const ranked = configs.flatMap((config) => {
    const length = matchLength(config, image);
    return length === undefined ? [] : [{ config, length, isTagged: Math.min(1, tagCount(config)) }];
  });
  ranked.sort((a, b) => b.isTagged - a.isTagged || b.length - a.length || (a.config.name < b.config.name ? -1 : 1));
  return ranked[0]?.config;
}

/** How much of the image's place is spelled out; undefined when it is another image. */
function matchLength({ image: name, repositories }: FunctionConfig, image: ImageName): number | undefined {
  if (repositories === undefined) return endsIn(image.path, name) ? 0 : undefined;
  const lengths = repositories
    .filter((each) => isAt(each, name, image))
    .map(({ domain, prefix }) => `${domain}/${prefix}`.length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function isAt({ domain, prefix }: Repository, name: string, image: ImageName): boolean {
  if (domain !== image.domain) return false;
  if (prefix === '') return endsIn(`${image.domain}/${image.path}`, name);
  return image.path.startsWith(`${prefix}/`) && endsIn(`${image.domain}/${image.path}`, name);
}

/** Whole parts only. */
function endsIn(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`);
}

function hasTag(tags: readonly string[], { tag }: ImageName): boolean {
  return tag !== undefined && tags.includes(tag);
}
