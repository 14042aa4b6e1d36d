import { type Document, isMap, isSeq, parseDocument, type Scalar, type Tags, type YAMLMap } from 'yaml';
import { Resource } from './resource.ts';

/** A finding, as the KRM functions specification wants it under `results`. */
export interface Result {
  readonly message: string;
  readonly severity: 'error' | 'warning' | 'info';
}

/** A ResourceList: KRM functions specification, "ResourceList". */
export class ResourceList {
  readonly #document: Document.Parsed;
  readonly items: readonly Resource[];
  readonly functionConfig: Resource | undefined;

  /** Throws when the text is not a ResourceList. */
  constructor(text: string) {
    this.#document = parseDocument(text, { customTags: numbersAsWritten });
    const [error] = this.#document.errors;
    if (error !== undefined) throw error;
    if (this.#document.get('kind') !== 'ResourceList') throw new Error('the input is not a ResourceList');
    const items = this.#document.get('items');
    this.items = isSeq(items) ? items.items.filter(isMapping).map((item) => new Resource(item)) : [];
    const functionConfig = this.#document.get('functionConfig');
    this.functionConfig = isMapping(functionConfig) ? new Resource(functionConfig) : undefined;
  }

  report(results: readonly Result[]): void {
    this.#document.set('results', this.#document.createNode(results));
  }

  toString(): string {
    return this.#document.toString({ lineWidth: 0 });
  }
}

function isMapping(node: unknown): node is YAMLMap {
  return isMap(node);
}

/** A number nobody touched must come out as it went in: 0644, 1e3 and 12345678901234567890 are all easily broken. */
function numbersAsWritten(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag === 'string' || tag.collection !== undefined || !/:(?:int|float)$/.test(tag.tag)) return tag;
    return { ...tag, stringify: ({ source, value }: Scalar) => source ?? String(value) };
  });
}
