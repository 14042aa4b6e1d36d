import { type Document, isMap, isScalar, parseAllDocuments, Scalar, type Tags, type YAMLMap } from 'yaml';
import { RunnerError } from '../core/errors.ts';

/**
 * Every scalar stays the text that it is: YAML 1.1's `0644` and `yes` must come out as they went in, whatever this
 * parser would make of them.
 */
export const losslessYaml = {
  schema: 'failsafe',
  customTags: (tags: Tags): Tags => [...tags, 'null'],
} as const;

/** A text that stays one for every reader of YAML, `"true"` and `"0"` included. */
export function quoted(text: string): Scalar<string> {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

/**
 * The documents of a YAML text that are mappings; empty ones are left out.
 *
 * @param source Names the text in errors.
 * @throws {RunnerError} `REQUEST_INVALID`
 */
export function parseMappings(text: string, source: string): readonly YAMLMap[] {
  const documents: readonly Document.Parsed[] = [...parseAllDocuments(text, losslessYaml)];
  return documents.flatMap((document, index) => {
    const where = documents.length === 1 ? source : `${source}, document ${String(index + 1)}`;
    const [error] = document.errors;
    if (error !== undefined) throw new RunnerError('REQUEST_INVALID', `${where}: ${error.message.trimEnd()}`);
    const { contents } = document;
    if (isMap(contents)) return [withComment(contents, document.commentBefore)];
    if (contents === null || (isScalar(contents) && (contents.value ?? '') === '')) return [];
    throw new RunnerError('REQUEST_INVALID', `${where}: not a mapping, so no Kubernetes resource`);
  });
}

/** A comment at the top of a file belongs to the document, which is left behind. */
function withComment(contents: YAMLMap, comment: string | null): YAMLMap {
  if (comment !== null && comment !== '') {
    contents.commentBefore = [comment, contents.commentBefore ?? ''].filter((part) => part !== '').join('\n');
  }
  return contents;
}
