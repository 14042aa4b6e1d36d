import { type Paint } from './style-text.ts';

/** A result as the evaluators and the service's answers have it. */
export interface ShownResult {
  readonly message: string;
  readonly severity: string;
  readonly resourceRef?:
    | { readonly apiVersion?: string; readonly kind?: string; readonly name?: string; readonly namespace?: string }
    | undefined;
  readonly field?: { readonly path: string } | undefined;
  readonly file?: { readonly path: string } | undefined;
}

/** `[error] Deployment prod/web spec.replicas (deploy.yaml): too many` */
export function resultText(result: ShownResult, paint: Paint): string {
  const { severity, resourceRef: ref, field, file } = result;
  const name = [ref?.namespace, ref?.name].filter((part) => (part ?? '') !== '').join('/');
  const where = [ref?.kind, name, field?.path, file === undefined || file.path === '' ? '' : `(${file.path})`];
  const place = where.filter((part) => (part ?? '') !== '').join(' ');
  const style = severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'green';
  return `${paint(style, `[${severity}]`)} ${place === '' ? '' : `${place}: `}${result.message}\n`;
}
