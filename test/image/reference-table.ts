/** One row of the reference tables: what an image name means, as `domain path :tag` or `domain path @digest`. */
export interface ReferenceRow {
  readonly rows: string;
  readonly input: string;
  readonly domain: string;
  readonly path: string;
  readonly version: string;
}

export const hex64 = '0123456789abcdef'.repeat(4);
export const hex128 = '0123456789abcdef'.repeat(8);

function row(rows: string, input: string, expected: string): ReferenceRow {
  const [domain = '', path = '', version = ''] = expected.split(' ');
  return { rows, input, domain, path, version };
}

export const normalisationRows: readonly ReferenceRow[] = [
  row('[N1]', 'nginx', 'docker.io library/nginx :latest'),
  row('[N2]', 'nginx:1.25', 'docker.io library/nginx :1.25'),
  row('[N3]', 'library/nginx', 'docker.io library/nginx :latest'),
  row('[N5]', 'docker.io/library/nginx', 'docker.io library/nginx :latest'),
  row('[N6]', 'index.docker.io/nginx', 'docker.io library/nginx :latest'),
  row('[N7]', 'index.docker.io/library/nginx', 'docker.io library/nginx :latest'),
  row('[N8] [X3]', 'registry-1.docker.io/nginx', 'registry-1.docker.io nginx :latest'),
  row('[N9] [X3]', 'registry-1.docker.io/library/alpine', 'registry-1.docker.io library/alpine :latest'),
  row('[N11]', 'DOCKER.IO/nginx', 'docker.io library/nginx :latest'),
  row('[N12]', 'docker.io:443/library/nginx', 'docker.io:443 library/nginx :latest'),
  row('[N13]', 'docker.io', 'docker.io library/docker.io :latest'),
  row('[N14]', 'docker.io:5000', 'docker.io library/docker.io :5000'),
  row('[N15]', 'docker.io/library/foo/bar', 'docker.io library/foo/bar :latest'),
  row('[N16]', 'store/foo/bar', 'docker.io store/foo/bar :latest'),
  row('[N18]', 'localhost/foo', 'localhost foo :latest'),
  row('[N19]', 'localhost:5000', 'docker.io library/localhost :5000'),
  row('[N20]', 'localhost:5000/foo', 'localhost:5000 foo :latest'),
  row('[N21]', 'LOCALHOST/foo', 'localhost foo :latest'),
  row('[N22]', '127.0.0.1:5000/foo', '127.0.0.1:5000 foo :latest'),
  row('[N24]', '[::1]/foo', '[::1] foo :latest'),
  row('[N25]', '[::1]:5000/foo:t', '[::1]:5000 foo :t'),
  row('[N26]', '[2001:db8::]:5000/repo', '[2001:db8::]:5000 repo :latest'),
  row('[N29]', 'myreg/foo', 'docker.io myreg/foo :latest'),
  row('[N30]', 'myreg:5000/foo', 'myreg:5000 foo :latest'),
  row('[N32]', 'test_com/foo', 'docker.io test_com/foo :latest'),
  row('[N35] [N37] [X2]', 'Foo/bar', 'foo bar :latest'),
  row('[N35] [X2]', 'FOO/bar', 'foo bar :latest'),
  row('[N35]', 'LOCALDOMAIN/debian', 'localdomain debian :latest'),
  row('[N36]', 'Uppercase/lowercase:tag', 'uppercase lowercase :tag'),
  row('[N39] [X1]', 'GHCR.IO/org/img:v1', 'ghcr.io org/img :v1'),
  row('[N40]', 'a.b/c', 'a.b c :latest'),
  row('[N41]', 'a.b', 'docker.io library/a.b :latest'),
  row('[N43]', 'test.com:5000', 'docker.io library/test.com :5000'),
  row('[N44]', 'xn--n3h.com/myimage', 'xn--n3h.com myimage :latest'),
  row('[N46]', 'a__b/c', 'docker.io a__b/c :latest'),
  row('[N46]', 'a--b/c', 'docker.io a--b/c :latest'),
  row('[N46]', 'a---b/c', 'docker.io a---b/c :latest'),
  row(
    '[N47]',
    'registry.io/foo/project--id.module--name.ver---sion--name',
    'registry.io foo/project--id.module--name.ver---sion--name :latest',
  ),
  row('[N48]', 'b.gcr.io/test.example.com/my-app', 'b.gcr.io test.example.com/my-app :latest'),
  row('[N51]', '2130706433/x', 'docker.io 2130706433/x :latest'),
  row('[N54]', `sha256:${hex64}`, `docker.io library/sha256 :${hex64}`),
  row('[N55]', `docker.io/${hex64}`, `docker.io library/${hex64} :latest`),
  row('[N56]', hex64.slice(1), `docker.io library/${hex64.slice(1)} :latest`),
  row('[N57]', `${hex64}:tag`, `docker.io library/${hex64} :tag`),
  row('[N58]', 'set-namespace:v0.4.1', 'docker.io library/set-namespace :v0.4.1'),
  row('[I7]', 'lowercase:Uppercase', 'docker.io library/lowercase :Uppercase'),
  row('[I25]', 'nginx:_tag', 'docker.io library/nginx :_tag'),
  row('[I36]', 'ubuntu', 'docker.io library/ubuntu :latest'),
  row('[D1] [D2] [X4]', `busybox:latest@sha256:${hex64}`, `docker.io library/busybox @sha256:${hex64}`),
  row('[D9] [D10] [X5]', `repo@sha512:${hex128}`, `docker.io library/repo @sha512:${hex128}`),
  row('[D16]', `localhost@sha256:${hex64}`, `docker.io library/localhost @sha256:${hex64}`),
  row('[L1] [A9] [A10]', `example.com/${'a'.repeat(255)}:tag`, `example.com ${'a'.repeat(255)} :tag`),
  row('[L3] [L7]', 'a'.repeat(247), `docker.io library/${'a'.repeat(247)} :latest`),
  row('[L5] [L7] [A5]', `nginx:${'t'.repeat(128)}`, `docker.io library/nginx :${'t'.repeat(128)}`),
];
