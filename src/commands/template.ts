import { stringify } from 'yaml';
import { parseFlags } from '../config/parse-flags.ts';
import { podMarks } from '../pods/pod-marks.ts';
import { inlineServiceTemplate, inlineTemplate } from '../pods/plan/inline-template.ts';
import type { Container } from '../pods/plan/pod-template.ts';
import { setReadOnlyRoot } from '../pods/plan/read-only-root.ts';
import { podTemplateName, serviceTemplateName } from '../pods/plan/template-names.ts';
import type { Command } from './command.ts';
import { argumentFault, UsageError } from './usage-error.ts';

const comment = `# What function pods are made from where the cluster says nothing. To have other ones, change this and apply it to the
# namespace of function pods (--pod-namespace). The image names are set for each pod: that of the init container
# by WRAPPER_SERVER_IMAGE, that of the container "function" by the call, whose image's command is put after its arguments.
# The root file system is read-only, as --pod-read-only-root has it for the template that is built in.
`;

const serviceComment = `# Only with --pod-address=service. Each pod's own name is put into the selector.
`;

/** Prints the templates that are built in, as a starting point for others. */
export const templateCommand: Command = {
  usage: 'template',
  description: 'Prints the PodTemplate that function pods are made from, and the ServiceTemplate, as YAML.',
  options: [],
  run: async (argv, io) => {
    const { faults, positionals } = parseFlags([], argv);
    const extra = positionals.map((text) =>
      argumentFault(`${JSON.stringify(text)} is too much; template takes nothing`),
    );
    if (faults.length + extra.length > 0) throw new UsageError([...faults, ...extra]);
    const { WRAPPER_SERVER_IMAGE: image = '' } = io.environment;
    io.stdout.write(templatesYaml(image === '' ? 'to-be-replaced' : image));
    return Promise.resolve(0);
  },
};

function templatesYaml(wrapperServerImage: string): string {
  const { labels, annotations, spec } = inlineTemplate;
  const rooted = setReadOnlyRoot(spec, true);
  const [copy, ...others] = rooted.initContainers;
  const podTemplate = {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: podTemplateName },
    template: {
      metadata: { labels, annotations },
      spec: {
        ...rooted,
        initContainers: [withImage(copy, wrapperServerImage), ...others],
        containers: rooted.containers.map((each) => withImage(each, 'to-be-replaced')),
      },
    },
  };
  const serviceTemplate = {
    apiVersion: 'config.porch.kpt.dev/v1alpha1',
    kind: 'ServiceTemplate',
    metadata: { name: serviceTemplateName },
    template: { spec: { ...inlineServiceTemplate.spec, selector: { [podMarks.image]: 'to-be-replaced' } } },
  };
  return `${comment}${yaml(podTemplate)}---\n${serviceComment}${yaml(serviceTemplate)}`;
}

/** The API server takes no container without one. */
function withImage({ name, ...rest }: Container, image: string): Container {
  return { name, image, ...rest };
}

function yaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}
