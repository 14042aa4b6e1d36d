const causes = [
  {
    sign: /manifest unknown|not found|name unknown/i,
    code: 'NotFound',
    text: (image: string) => `${image}: not found`,
  },
  {
    sign: /unauthorized|authentication required|401/i,
    code: 'Unknown',
    text: (_image: string, repository: string) =>
      `pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials (${repository})`,
  },
  {
    sign: /denied|forbidden|403/i,
    code: 'Unknown',
    text: (image: string) => `unexpected status from HEAD request to ${image}: 403 Forbidden`,
  },
  { sign: /toomanyrequests|429/i, code: 'Unknown', text: () => '429 Too Many Requests' },
] as const;

/** What a kubelet with containerd says of a pull that failed with this text of skopeo. */
export function pullMessage(image: string, skopeo: string): string {
  const repository = image.replace(/(?:@|:[^:/]+$).*/, '');
  const cause = causes.find(({ sign }) => sign.test(skopeo));
  const said = /x509: [^"]*/.exec(skopeo)?.[0];
  const text =
    said === undefined
      ? (cause?.text(image, repository) ?? `failed to do request: ${skopeo.slice(0, 300)}`)
      : `failed to do request: Head "https://${image}": tls: failed to verify certificate: ${said}`;
  const resolving = `failed to resolve reference "${image}": ${text}`;
  return `rpc error: code = ${cause?.code ?? 'Unknown'} desc = failed to pull and unpack image "${image}": ${resolving}`;
}
