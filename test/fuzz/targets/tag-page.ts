import { nextPage, parseTagPage } from '../../../src/registry/tag-page.ts';
import { texts, type Target } from '../target.ts';

const current = new URL('https://registry.example/v2/team/fn/tags/list?n=1000');

export const tagPage: Target = {
  name: 'page of tags',
  codes: ['NOT_A_REGISTRY', 'REDIRECT_REFUSED'],
  corpus: texts(
    '{"name":"team/fn","tags":["v1","v2","latest"]}',
    '{"name":"team/fn","tags":null}',
    '</v2/team/fn/tags/list?last=v2&n=2>; rel="next"',
    '<https://registry.example/a>; rel=prev, <?n=1>; title="a, b"; rel="last next"',
  ),
  tokens: texts('<', '>', ';', 'rel=', '"', 'next', ',', ' ', '//', 'https://', '[', ']', '{', '}', 'null', '\u0000'),
  maxBytes: 65_536,
  parse: (input) => {
    const next = nextPage([input.toString('latin1')], current);
    if (next !== undefined && !/^\/(?!\/)/.test(next)) throw new Error('it leads elsewhere');
    const tags = parseTagPage(input, 'registry.example');
    if (tags.some((tag) => !/^\w[\w.-]*$/.test(tag))) throw new Error('it names no tag');
  },
};
