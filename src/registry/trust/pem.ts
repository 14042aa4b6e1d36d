/** One `-----BEGIN label-----` … `-----END label-----` of a PEM file. */
export interface PemBlock {
  readonly label: string;
  /** With both boundary lines; without the last one where it is missing. */
  readonly text: string;
  readonly complete: boolean;
}

/** The blocks of a PEM file in order (RFC 7468); what stands between them is left out. Linear in the length of the text. */
export function pemBlocks(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1] ?? '';
    const end = `-----END ${label}-----`;
    const nextBegin = text.indexOf('-----BEGIN ', begin.lastIndex);
    const limit = nextBegin < 0 ? text.length : nextBegin;
    const endAt = text.slice(begin.lastIndex, limit).indexOf(end);
    const stop = endAt < 0 ? limit : begin.lastIndex + endAt + end.length;
    blocks.push({ label, text: text.slice(match.index, stop), complete: endAt >= 0 });
    begin.lastIndex = stop;
  }
  return blocks;
}

/** The certificates of a PEM file, unparsed; anything else in it is left out. */
export function certificateBlocks(text: string): readonly string[] {
  return pemBlocks(text).flatMap((block) => (block.complete && block.label === 'CERTIFICATE' ? [block.text] : []));
}
