import { load, YAMLException } from 'js-yaml';
import { isBlankYaml } from '../core/blank-yaml.ts';
import { RunnerError, toRunnerError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { parseReference, type Reference } from '../image/reference.ts';

/** Which image is which executable: both spellings of an image, as written and in full, → path within the folder. */
export type Executables = ReadonlyMap<string, string>;

/**
 * Reads Porch's file of executables: `functions: [{function: apply-setters, images: [example.com/apply-setters:v0.2]}]`.
 *
 * @param file for messages
 * @param lookedUpAs where an image is looked up; default: where it is said to be
 * @throws {RunnerError} `CFG_FUNCTIONS` naming the place
 */
export function parseExecutables(
  text: string,
  file: string,
  defaultImagePrefix: string,
  lookedUpAs: (reference: Reference) => Reference = (reference) => reference,
): Executables {
  const nameOf: NameOf = (image) => lookedUpAs(parseReference(image, { defaultImagePrefix })).canonical;
  const fail = (place: string, problem: string): never => {
    throw new RunnerError('CFG_FUNCTIONS', `${file}: ${place} ${problem}`, {
      file,
      hint: 'Write functions: [{function: NAME, images: [IMAGE, …]}]; NAME is a file in the --functions folder.',
    });
  };
  const executables = new Map<string, string>();
  for (const [index, entry] of functionsOf(text, fail).entries()) {
    const place = `functions[${String(index)}]`;
    if (!isJsonObject(entry)) return fail(place, 'is not an object');
    const { function: name, images } = entry;
    if (typeof name !== 'string' || !isInsideFolder(name)) {
      return fail(`${place}.function`, 'is not the name of a file in the functions folder');
    }
    if (!Array.isArray(images) || images.length === 0) return fail(`${place}.images`, 'is not a list of images');
    for (const [position, image] of images.entries()) {
      const imagePlace = `${place}.images[${String(position)}]`;
      for (const spelling of spellings(image, nameOf, (problem) => fail(imagePlace, problem))) {
        const taken = executables.get(spelling);
        if (taken !== undefined && taken !== name) return fail(imagePlace, `is already the image of ${taken}`);
        executables.set(spelling, name);
      }
    }
  }
  return executables;
}

type NameOf = (image: string) => string;
type Fail = (place: string, problem: string) => never;

function functionsOf(text: string, fail: Fail): readonly unknown[] {
  if (isBlankYaml(text)) return [];
  const document = parseYaml(text, fail);
  if (document === null) return [];
  if (!isJsonObject(document)) return fail('the document', 'is not an object');
  const functions = document['functions'] ?? (Object.keys(document).length === 0 ? [] : undefined);
  if (!Array.isArray(functions)) return fail('functions', 'is not a list');
  return functions;
}

function parseYaml(text: string, fail: Fail): unknown {
  try {
    return load(text);
  } catch (error) {
    const known = error instanceof YAMLException;
    const place = known && error.mark !== undefined ? `line ${String(error.mark.line + 1)}` : 'the document';
    return fail(place, `is not YAML${known ? `: ${error.reason}` : ''}`);
  }
}

function spellings(image: unknown, nameOf: NameOf, fail: (problem: string) => never): readonly string[] {
  if (typeof image !== 'string') return fail('is not a text');
  try {
    return [image, nameOf(image)];
  } catch (error) {
    return fail(`is not an image: ${toRunnerError(error).message}`);
  }
}

function isInsideFolder(path: string): boolean {
  return path.split('/').every((part) => !['', '.', '..'].includes(part)) && !path.includes('\0');
}
