/** What cosign 2.6.2 wrote into a registry for an image, by its key pairs and by imported ones. */
export const recordedDigest = 'sha256:dbce90a9d403603dde81a5d4caf5a70fd6cae0cb2eb52596e92ac719e59dcf1e';

export interface RecordedSignature {
  readonly what: string;
  readonly publicPem: string;
  readonly signature: string;
  readonly repository: string;
}

/** The payload that a signature is of, byte for byte. */
export function recordedPayload({ repository }: Pick<RecordedSignature, 'repository'>): Buffer {
  return Buffer.from(
    `{"critical":{"identity":{"docker-reference":"${repository}"},"image":{"docker-manifest-digest":"${recordedDigest}"},"type":"cosign container image signature"},"optional":null}`,
  );
}

export const recordedSignatures: readonly RecordedSignature[] = [
  {
    what: 'ECDSA on P-256, by generate-key-pair',
    publicPem: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETO9JuwoDWxbgR56E1tEC6byrofkt
cuaWQUAj/sfWhjk3y7FMA8T4p5fE60BHoXoi17YTwehlTsnOTuUoaRvNNw==
-----END PUBLIC KEY-----
`,
    signature: 'MEYCIQDcNYJ1g+cYOwOCy+uDPQ685uQrlWucvFzWFdlJeMvRKgIhAMAweBCJMSubhhA/TQfHOwgyDcgdFRTCQ++Yc/Nep436',
    repository: '127.0.0.1:5951/team/a',
  },
  {
    what: 'ECDSA on P-384',
    publicPem: `-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEJmkJO6cQckjqYd8DzePNVhlfuhyWkDrV
lcbIT37QKnlA+VYd6KJirfqch2eynP6ly5d8Xwc+zoGnD18sNCnsQXzxkT49/s0k
GDdK+9JnntlUM83mLuyKqoiZQVb/9eaJ
-----END PUBLIC KEY-----
`,
    signature:
      'MGQCMGLiYTzv5YsX60kf91jAJRaW2DGiHWWsmD1UKzEulHadTHfvaVNtWz4OcY4Eg2Hm0QIwIje8/q24oYUZpNA6paNJNJQoHEXgsEQxtaFhog222GifmzGIrJ8yctKowEOA+z4K',
    repository: '127.0.0.1:5951/alg/p384',
  },
  {
    what: 'ECDSA on P-521',
    publicPem: `-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAOsFRYLoHqhW9/bw9/85I5uOQ2lPy
dey7zEtU3UMBNg4mJ5lYxvJ955fSccHPzdMFCl/ktOZMFIdoyeeFLxy98mwAryeR
kON+THmexprGuJ0qCXQ319XfNMeAq8i8gj+/0LVyH6m2Ew8mNaaUDihOCspR3Tlh
Y1SAOEoiPsCE6P+hcVg=
-----END PUBLIC KEY-----
`,
    signature:
      'MIGHAkIB6j4IZMNoVQvWDH0z6chPI92v0UqQi08p/tTrURhl3rKExU63BW9vlGzsfWBl7AWfvnmsooRUYS9ERK3JbI833+sCQXbR6PgePwUw2IUWbe+4Sbr0H3p3+M3SIX86OYaRwjRxm3+dMFim4modynURJU9JYN+FGqAyVDIbB/uNOyNxyahk',
    repository: '127.0.0.1:5951/alg/p521',
  },
  {
    what: 'RSA of 2048 bits',
    publicPem: `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqTmdVTC7L96YjDQUS78o
BkIfgD7UonKfjRXGImijClvKfPW5SlF+rh3cWVNW01GND8hvP3sA7zTf5RuVX6FU
JLuQzvjTr8rLPCe39OiYI3chXNrlfsVOL03OWlMTNll00dBTOE1+K9Hp7Cs9Heln
hCX0caW7qSdRvz4ulWH5O+qMaIN+/e/2CxzC+a7qk+hwEnfUm7wbDhsg+A0/pZvA
Nr+gb3eo9AODENnMSqiod+thapw+Bh95iJk6nnOe6VOwIDJDy28HFjKVU507wkx+
SJKCz5no+DIoTheulz7/3qRytfICAGkoFuUX2MAyWFZNX7cAHk3/u4lZwnO+C1Hx
wQIDAQAB
-----END PUBLIC KEY-----
`,
    signature:
      'FkigvdrYGQnsafoiXmjf6oPcvP1mVbVewaprqRF9+NYEEUyZUSSNsPmtOaCaxLmH1j218mjkDI9p14YawksjebL72uHGfBA7ghKfGGL9kVXgjDqUmmv0djA+n127EsZTX+69Nnh9QIzAycFNlCZzFKADq3HcIH8tFhXD/qJHtmxKZRyQDXdXLPVaoJcBs2IFxo/hvnjTpk9uUUmNDv1Vy22xTlorEDUCmZAWM2Tj6SC5HEXt0yjC7Ex04uBp6rCG46VaHvxaWjYpn9XmqMMUHboTOjdxoae6s5X57XEwhAADTipssISxf64BsEm70IvVhltWB45eznRD6Is3va3Ftg==',
    repository: '127.0.0.1:5951/alg/rsa',
  },
  {
    what: 'Ed25519',
    publicPem: `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAxDJGIOyGkdgThiA8qWU7ty3QomzDfgUEXEzcAWbiYZg=
-----END PUBLIC KEY-----
`,
    signature: 'K/cdLqCWzjb+8hM7/GAscKV5iSJOxg3uLdQ6RFnwlf9X1qy2oc1W1DobcotcZuR3yHZ1YqQIX8UcdMU1WE4ICw==',
    repository: '127.0.0.1:5951/alg/ed',
  },
];

/** By the key of the first recorded signature, with `--new-bundle-format`. */
export const recordedBundle = Buffer.from(
  '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial":{"publicKey":{"hint":"ayup5v4S64fDEXdrXBlY9ztmLReSsnmykNjzFwSWozA="}}, "dsseEnvelope":{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCAic3ViamVjdCI6W3siZGlnZXN0Ijp7InNoYTI1NiI6ImRiY2U5MGE5ZDQwMzYwM2RkZTgxYTVkNGNhZjVhNzBmZDZjYWUwY2IyZWI1MjU5NmU5MmFjNzE5ZTU5ZGNmMWUifX1dLCAicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2lnc3RvcmUuZGV2L2Nvc2lnbi9zaWduL3YxIn0=", "payloadType":"application/vnd.in-toto+json", "signatures":[{"sig":"MEUCIFybxWkMIhVl8CE/B8MmiDkyaicP+pG8rtx92aBwAhhiAiEAorKq3SHn7vnNLJm3oMfx5JGcZD+sYFncukPxo6Rx/Fs="}]}}',
);
