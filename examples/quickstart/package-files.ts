import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Document, isMap, isSeq, parseAllDocuments, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';

/** A package: the text of its files by name. */
export type PackageFiles = ReadonlyMap<string, string>;

const path = 'internal.config.kubernetes.io/path';
const index = 'internal.config.kubernetes.io/index';

/** Reads the YAML files of a folder, and its Kptfile. */
export async function readPackage(folder: string): Promise<PackageFiles> {
  const names = (await readdir(folder)).filter((name) => name === 'Kptfile' || /\.ya?ml$/.test(name)).toSorted();
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  return new Map(await Promise.all(texts));
}

/**
 * The ResourceList of a package and a ConfigMap with `data` as its functionConfig. Every resource carries the file it
 * is from and its place there: KRM functions specification, "internal.config.kubernetes.io/path".
 */
export function toResourceList(files: PackageFiles, data: Readonly<Record<string, string>>): string {
  const functionConfig = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'function-input' }, data };
  const list = new Document({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', functionConfig });
  const items = new YAMLSeq<YAMLMap>(list.schema);
  for (const [name, text] of files) {
    for (const [place, { contents }] of [...parseAllDocuments(text)].entries()) {
      if (!isMap(contents)) continue;
      contents.setIn(['metadata', 'annotations', path], name);
      contents.setIn(['metadata', 'annotations', index], String(place));
      items.add(contents);
    }
  }
  list.set('items', items);
  return list.toString({ lineWidth: 0 });
}

/** What a function answered: the files of the package, and the messages of its results. */
export interface FunctionAnswer {
  readonly files: PackageFiles;
  readonly messages: readonly string[];
}

/** Sorts the resources of a ResourceList back into files. */
export function fromResourceList(text: string): FunctionAnswer {
  const list = parseDocument(text);
  const items = list.get('items');
  const files = new Map<string, string>();
  for (const item of isSeq(items) ? items.items : []) {
    if (!isMap(item)) continue;
    const name = String(item.getIn(['metadata', 'annotations', path]));
    removeAnnotations(item);
    const before = files.get(name);
    files.set(name, `${before === undefined ? '' : `${before}---\n`}${textOf(item)}`);
  }
  return { files, messages: messagesOf(list) };
}

function messagesOf(list: Document): readonly string[] {
  const results = list.get('results');
  return (isSeq(results) ? results.items : []).flatMap((result) => {
    const message = isMap(result) ? result.get('message') : undefined;
    return typeof message === 'string' ? [message] : [];
  });
}

function textOf(item: YAMLMap): string {
  const document = new Document();
  document.contents = item;
  return document.toString({ lineWidth: 0 });
}

function removeAnnotations(item: YAMLMap): void {
  item.deleteIn(['metadata', 'annotations', path]);
  item.deleteIn(['metadata', 'annotations', index]);
  const annotations = item.getIn(['metadata', 'annotations']);
  if (isMap(annotations) && annotations.items.length === 0) item.deleteIn(['metadata', 'annotations']);
}
