import { buildImage, type Image } from '../../../examples/registry/image.ts';
import { build } from '../../wrapper/go-build.ts';

const folder = 'home/nonroot/wrapper-server';

/**
 * The image with the in-pod server, as the project ships it: nothing else is in it.
 *
 * @param server another in-pod server to hold in its place, like one that answers as Porch's does
 */
export async function wrapperImage(server?: string): Promise<Image> {
  const own = (await build()).server;
  const mode = 0o755;
  return buildImage({
    files: [
      { kind: 'copy', path: `${folder}/wrapper-server`, source: server ?? own, mode },
      { kind: 'copy', path: `${folder}/grpc-health-probe`, source: own, mode },
      { kind: 'copy', path: 'bin/cp', source: own, mode },
    ],
    entrypoint: [`/${folder}/wrapper-server`],
  });
}
