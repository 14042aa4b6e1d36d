import { isObjectName } from '../object-name.ts';
import { configAnnotations, type FunctionConfig, type ImagePullPolicy } from './function-config.ts';
import { SpecProblem } from './spec-fields.ts';

/** What annotations of a FunctionConfig say about the pods of its function; nothing for those that are not there. */
export type AnnotatedPod = Pick<NonNullable<FunctionConfig['pod']>, 'readOnlyRoot' | 'pullSecrets' | 'imagePullPolicy'>;

const policies: readonly ImagePullPolicy[] = ['Always', 'IfNotPresent', 'Never'];

/** @throws SpecProblem */
export function annotatedPod(annotations: Readonly<Record<string, string>>): AnnotatedPod {
  const read = <T>(name: keyof typeof configAnnotations, parse: (text: string, name: string) => T): T | undefined => {
    const text = annotations[configAnnotations[name]];
    return text === undefined ? undefined : parse(text.trim(), configAnnotations[name]);
  };
  const readOnlyRoot = read('readOnlyRoot', parseBoolean);
  const pullSecrets = read('pullSecrets', parseNames);
  const imagePullPolicy = read('imagePullPolicy', parsePolicy);
  return {
    ...(readOnlyRoot !== undefined && { readOnlyRoot }),
    ...(pullSecrets !== undefined && pullSecrets.length > 0 && { pullSecrets }),
    ...(imagePullPolicy !== undefined && { imagePullPolicy }),
  };
}

function parseBoolean(text: string, name: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new SpecProblem(`annotation ${name} is neither true nor false`);
}

function parseNames(text: string, name: string): readonly string[] {
  const names = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const wrong = names.find((each) => !isObjectName(each));
  if (wrong === undefined) return [...new Set(names)];
  throw new SpecProblem(`annotation ${name} holds ${JSON.stringify(wrong)}, which cannot be the name of a secret`);
}

function parsePolicy(text: string, name: string): ImagePullPolicy {
  const policy = policies.find((each) => each === text);
  if (policy !== undefined) return policy;
  throw new SpecProblem(`annotation ${name} is none of ${policies.join(', ')}`);
}
