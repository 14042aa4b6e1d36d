import { hex64, hex128 } from './reference-table.ts';
import type { ErrorCode } from '../../src/core/errors.ts';

export interface InvalidRow {
  readonly rows: string;
  readonly code: ErrorCode;
  readonly inputs: readonly string[];
}

/** Names that are refused, with the error that says why. */
export const invalidRows: readonly InvalidRow[] = [
  { rows: '[N27]', code: 'REF_FORMAT', inputs: ['[:::]/foo'] },
  { rows: '[N28] [A3]', code: 'REF_FORMAT', inputs: ['[fd00123123123]:75050/foo', '[fd00123123123]/foo'] },
  { rows: '[N33] [X1]', code: 'REF_FORMAT', inputs: ['my_reg.com/foo', 'foo_bar.com:8080/foo'] },
  { rows: '[N34]', code: 'REF_FORMAT', inputs: ['bad_hostname.com:8080/myapp:tag'] },
  { rows: '[N42] [X1]', code: 'REF_FORMAT', inputs: ['example./g/roup/image:a', 'a./c'] },
  { rows: '[N49] [J4] [J6]', code: 'REF_FORMAT', inputs: ['0x7f.1/x', '127.1/x', '010.0.0.1/x'] },
  {
    rows: '[N50] [J6]',
    code: 'REF_FORMAT',
    inputs: ['1.2.3.4.5/x', '999.999.999.999/x', 'foo.0x1/x', '[fd00123123123]/x', '[1::2::3]/x'],
  },
  { rows: '[N53] [A4] [X1]', code: 'REF_FORMAT', inputs: ['example.com:0/x', 'example.com:99999/x', 'foo:75050/x'] },
  { rows: '[I1] [KP10]', code: 'REF_EMPTY', inputs: [''] },
  { rows: '[I2]', code: 'REF_FORMAT', inputs: [':justtag'] },
  { rows: '[I3]', code: 'REF_FORMAT', inputs: [`@sha256:${hex64}`] },
  { rows: '[I5]', code: 'REF_UPPERCASE', inputs: ['test:5000/Uppercase/lowercase:tag'] },
  {
    rows: '[I6]',
    code: 'REF_UPPERCASE',
    inputs: ['docker/Docker', 'docker.io/docker/Docker', 'ghcr.io/org/Img:v1'],
  },
  { rows: '[I8]', code: 'REF_FORMAT', inputs: ['aa/asdf$$^/aa'] },
  {
    rows: '[I9]',
    code: 'REF_SCHEME',
    inputs: ['https://github.com/docker/docker', 'docker://nginx', 'oci:/x'],
  },
  { rows: '[I10]', code: 'REF_SCHEME', inputs: ['unknown://repo:tag'] },
  { rows: '[I12]', code: 'REF_FORMAT', inputs: ['docker///docker', 'ghcr.io//img', 'a//a/a'] },
  { rows: '[I13]', code: 'REF_FORMAT', inputs: ['docker/', 'foo.com/', 'a/a/a/a/', '/nginx'] },
  { rows: '[I14]', code: 'REF_FORMAT', inputs: ['____/____', '_docker/_docker', 'docker_/docker_', '_foo/bar'] },
  {
    rows: '[I15] [A1]',
    code: 'REF_FORMAT',
    inputs: ['dock..er/docker', 'dock_.er/docker', 'dock-.er/docker', 'a._b/c', 'a.-b/c'],
  },
  { rows: '[I16] [A1]', code: 'REF_FORMAT', inputs: ['a___b/c', 'project/image___x:tag'] },
  { rows: '[I18]', code: 'REF_FORMAT', inputs: ['fc00::1:5000/debian', '::1/foo'] },
  { rows: '[I19] [A3]', code: 'REF_FORMAT', inputs: ['[fe80::1%eth0]:5000/debian'] },
  {
    rows: '[I20] [A3]',
    code: 'REF_FORMAT',
    inputs: ['[2001:db8:3:4::192.0.2.33]:5000/debian', '[::ffff:127.0.0.1]/foo'],
  },
  { rows: '[I21]', code: 'REF_FORMAT', inputs: ['[1::2::3]/project/image:tag'] },
  { rows: '[I22]', code: 'REF_FORMAT', inputs: ['foo.com:http/bar', 'example.com:/x', 'example.com:5000:6000/x'] },
  { rows: '[I24] [A5]', code: 'REF_FORMAT', inputs: ['nginx:.tag', 'nginx:-tag'] },
  { rows: '[I26]', code: 'REF_FORMAT', inputs: ['nginx:', 'library/ubuntu:'] },
  { rows: '[I27]', code: 'REF_FORMAT', inputs: ['nginx@', `library/nginx:@sha256:${hex64}`] },
  { rows: '[I28]', code: 'REF_FORMAT', inputs: ['nginx:tag:tag'] },
  { rows: '[I30]', code: 'REF_FORMAT', inputs: ['user@host.com/x', 'user:pw@host.com/x'] },
  { rows: '[I31] [J5]', code: 'REF_FORMAT', inputs: ['../etc', 'a/../b', 'a/./b', 'a/%2e%2e/b', 'a.b/c/../../d'] },
  { rows: '[I32]', code: 'REF_FORMAT', inputs: ['a/b?x=1', 'a/b#c'] },
  { rows: '[I33]', code: 'REF_FORMAT', inputs: ['*.example.com/x'] },
  { rows: '[I34]', code: 'REF_BARE_HEX', inputs: [hex64] },
  { rows: '[D3]', code: 'REF_DIGEST_LENGTH', inputs: [`repo@sha256:${hex64.slice(0, 34)}`] },
  { rows: '[D4] [A6]', code: 'REF_FORMAT', inputs: [`repo@sha256:${hex64.slice(0, 31)}`] },
  { rows: '[D5] [A7]', code: 'REF_DIGEST_LENGTH', inputs: [`repo@sha256:${hex64.slice(1)}`, `repo@sha256:${hex64}0`] },
  { rows: '[D6] [A7]', code: 'REF_DIGEST_FORMAT', inputs: [`repo@sha256:${hex64.toUpperCase()}`] },
  { rows: '[D7]', code: 'REF_UPPERCASE', inputs: [`repo@SHA256:${hex64}`] },
  { rows: '[D8]', code: 'REF_FORMAT', inputs: [`repo@sha256:${'g'.repeat(64)}`] },
  {
    rows: '[D11] [A8]',
    code: 'REF_DIGEST_ALGO',
    inputs: [
      `repo@md5:${hex64.slice(32)}`,
      `repo@sha384:${hex128.slice(32)}`,
      `repo@blake3:${hex64}`,
      `repo@invaliddigest:${hex64}`,
    ],
  },
  { rows: '[D12]', code: 'REF_DIGEST_ALGO', inputs: ['repo@unknown:abc123'] },
  { rows: '[D13]', code: 'REF_FORMAT', inputs: ['repo@bad', 'repo@2bad', 'repo@sha256:badbadbadbad'] },
  { rows: '[D14]', code: 'REF_FORMAT', inputs: [`repo@sha256:${hex64}@sha256:${hex64}`] },
  { rows: '[D15]', code: 'REF_FORMAT', inputs: [`repo@sha256:${hex64}:tag`] },
  { rows: '[D17]', code: 'REF_FORMAT', inputs: ['project/image@sha256:12345'] },
  { rows: '[D17]', code: 'REF_DIGEST_LENGTH', inputs: [`project/image@sha256:${hex64.slice(31)}`] },
  { rows: '[L2] [L8] [A9]', code: 'REF_TOO_LONG', inputs: [`example.com/${'a'.repeat(256)}:tag`] },
  { rows: '[L4] [L7]', code: 'REF_TOO_LONG', inputs: ['a'.repeat(248)] },
  { rows: '[L6] [L7] [A5]', code: 'REF_FORMAT', inputs: [`nginx:${'t'.repeat(129)}`] },
  {
    rows: '[L9]',
    code: 'REF_TOO_LONG',
    inputs: ['a/'.repeat(2049), `${'a.'.repeat(127)}example/x`, `${'a'.repeat(64)}.example/x`],
  },
  { rows: '[A2]', code: 'REF_FORMAT', inputs: ['-a.example/x', 'a-.example/x', 'a.-.example/x'] },
];
