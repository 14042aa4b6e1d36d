import { load, YAMLException } from 'js-yaml';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { TemplateReader } from './template-reader.ts';

const maxCharacters = 1 << 20;

/**
 * The object that a key of a template ConfigMap holds as YAML.
 *
 * @param kinds what it may be; an object of one of {@link wrapped} holds it under `template`
 * @returns the object with `metadata` and `spec`, and the path to it for messages
 * @throws {RunnerError} `POD_TEMPLATE`
 */
export function readTemplateText(
  text: string,
  source: string,
  kinds: { readonly plain: string; readonly wrapped: string },
): { readonly raw: JsonObject; readonly path: string } {
  const reader = new TemplateReader(source);
  if (text.length > maxCharacters) throw reader.fault('the text', 'is longer than a ConfigMap can be');
  const document = parseYaml(text, reader);
  if (!isJsonObject(document)) throw reader.fault('the document', 'is not an object');
  const kind = document['kind'] ?? kinds.plain;
  if (kind === kinds.wrapped) return { raw: reader.object(document, 'template', 'template'), path: 'template.' };
  if (kind !== kinds.plain) throw reader.fault('kind', `is not ${kinds.plain}`);
  return { raw: document, path: '' };
}

function parseYaml(text: string, reader: TemplateReader): unknown {
  try {
    return load(text);
  } catch (error) {
    const known = error instanceof YAMLException;
    const place = known && error.mark !== undefined ? `line ${String(error.mark.line + 1)}` : 'the document';
    throw reader.fault(place, `is not YAML${known ? `: ${error.reason}` : ''}`, error);
  }
}
