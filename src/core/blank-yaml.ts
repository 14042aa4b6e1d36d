/** Whether a YAML text holds no document: nothing but white space, comments and markers, which a parser may refuse. */
export function isBlankYaml(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(#.*|---\s*|\.\.\.\s*)?$/.test(line));
}
