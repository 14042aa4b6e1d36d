import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command; loading one loads nothing of the others. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'Run the service (also without any command).',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  {
    name: 'resolve',
    summary: 'Say what an image name means: digests, command, and how the registry was reached.',
    load: async () => (await import('./resolve.ts')).resolveCommand,
  },
  {
    name: 'tags',
    summary: 'List the tags that a repository has.',
    load: async () => (await import('./tags.ts')).tagsCommand,
  },
  {
    name: 'evaluate',
    summary: 'Run a function image on KRM resources.',
    load: async () => (await import('./evaluate.ts')).evaluateCommand,
  },
  {
    name: 'health',
    summary: 'Ask a running service whether it is serving; for probes.',
    load: async () => (await import('./health.ts')).healthCommand,
  },
  {
    name: 'template',
    summary: 'Print the template of function pods as a starting point.',
    load: async () => (await import('./template.ts')).templateCommand,
  },
  {
    name: 'doctor',
    summary: 'Look for what keeps the service from working, without changing anything.',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'link-pull-secret',
    summary: 'Add a pull secret to a service account, losing none.',
    load: async () => (await import('./link-pull-secret.ts')).linkPullSecretCommand,
  },
  {
    name: 'version',
    summary: 'Print the version.',
    load: async () => (await import('./version.ts')).versionCommand,
  },
];
