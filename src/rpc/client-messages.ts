import {
  bytesField,
  flagField,
  type Message,
  messageListField,
  messageOf,
  numberField,
  optionalMessageField,
  textField,
  textListField,
} from './fields.ts';

/** One entry of `attempts`. */
export interface AttemptMessage {
  readonly step: string;
  readonly address: string;
  readonly outcome: string;
  readonly reason: string;
}

/** `functionrunner.v1.ResolveImageResponse`. */
export interface ResolveImageResponse {
  readonly image: string;
  readonly reference: string;
  readonly digest: string;
  readonly platformDigest: string;
  readonly mediaType: string;
  readonly platforms: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly connection: string;
  readonly attempts: readonly AttemptMessage[];
  readonly credential: string;
  readonly cached: boolean;
  readonly elapsedMs: number;
}

/** `functionrunner.v1.Result`; empty texts where the function gave nothing. */
interface ResultMessage {
  readonly message: string;
  readonly severity: string;
  readonly resourceRef:
    | { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly namespace: string }
    | undefined;
  readonly field: { readonly path: string; readonly currentValue: string; readonly proposedValue: string } | undefined;
  readonly file: { readonly path: string; readonly index: number } | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** `functionrunner.v1.EvaluateResponse`. */
export interface EvaluateResponse {
  readonly exitCode: number;
  readonly results: readonly ResultMessage[];
  readonly resultCount: number;
  readonly stderr: Buffer;
  readonly stderrBytes: number;
  readonly output: Buffer;
  readonly outputBytes: number;
  readonly runtime: string;
  readonly digest: string;
  readonly elapsedMs: number;
}

/** `evaluator.EvaluateFunctionResponse`. */
export interface EvaluateFunctionResponse {
  readonly resourceList: Buffer;
  readonly log: Buffer;
}

export function resolveImageResponseOf(value: unknown): ResolveImageResponse {
  const message = messageOf(value);
  return {
    image: textField(message, 'image'),
    reference: textField(message, 'reference'),
    digest: textField(message, 'digest'),
    platformDigest: textField(message, 'platformDigest'),
    mediaType: textField(message, 'mediaType'),
    platforms: textListField(message, 'platforms'),
    entrypoint: textListField(message, 'entrypoint'),
    cmd: textListField(message, 'cmd'),
    env: textListField(message, 'env'),
    workingDir: textField(message, 'workingDir'),
    user: textField(message, 'user'),
    connection: textField(message, 'connection'),
    attempts: messageListField(message, 'attempts').map(attemptOf),
    credential: textField(message, 'credential'),
    cached: flagField(message, 'cached'),
    elapsedMs: numberField(message, 'elapsedMs'),
  };
}

export function evaluateResponseOf(value: unknown): EvaluateResponse {
  const message = messageOf(value);
  return {
    exitCode: numberField(message, 'exitCode'),
    results: messageListField(message, 'results').map(resultOf),
    resultCount: numberField(message, 'resultCount'),
    stderr: bytesField(message, 'stderr'),
    stderrBytes: numberField(message, 'stderrBytes'),
    output: bytesField(message, 'output'),
    outputBytes: numberField(message, 'outputBytes'),
    runtime: textField(message, 'runtime'),
    digest: textField(message, 'digest'),
    elapsedMs: numberField(message, 'elapsedMs'),
  };
}

export function evaluateFunctionResponseOf(value: unknown): EvaluateFunctionResponse {
  const message = messageOf(value);
  return { resourceList: bytesField(message, 'resourceList'), log: bytesField(message, 'log') };
}

export function attemptOf(message: Message): AttemptMessage {
  return {
    step: textField(message, 'step'),
    address: textField(message, 'address'),
    outcome: textField(message, 'outcome'),
    reason: textField(message, 'reason'),
  };
}

function resultOf(message: Message): ResultMessage {
  const ref = optionalMessageField(message, 'resourceRef');
  const field = optionalMessageField(message, 'field');
  const file = optionalMessageField(message, 'file');
  return {
    message: textField(message, 'message'),
    severity: textField(message, 'severity'),
    resourceRef: ref && {
      apiVersion: textField(ref, 'apiVersion'),
      kind: textField(ref, 'kind'),
      name: textField(ref, 'name'),
      namespace: textField(ref, 'namespace'),
    },
    field: field && {
      path: textField(field, 'path'),
      currentValue: textField(field, 'currentValue'),
      proposedValue: textField(field, 'proposedValue'),
    },
    file: file && { path: textField(file, 'path'), index: numberField(file, 'index') },
    tags: textMapField(message, 'tags'),
  };
}

function textMapField(message: Message, name: string): Readonly<Record<string, string>> {
  const entries = Object.entries(messageOf(message[name]));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
