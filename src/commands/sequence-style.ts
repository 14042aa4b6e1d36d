/** Whether lists stand deeper than their key in this YAML, by its first such list; undefined when there is none. */
export function indentsSequences(yaml: string): boolean | undefined {
  const match = /^( *)(?!- )[^\s#].*:[ \t]*\n( *)- /m.exec(yaml);
  if (match === null) return undefined;
  return (match[2]?.length ?? 0) > (match[1]?.length ?? 0);
}
