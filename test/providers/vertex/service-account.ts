/** An invented service account, in the form of Google's key file. The key was made for these tests and opens nothing. */
export const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCZVHxoT/koezC/
r2CTT7rfwrs6pvFuSGW8jmHbU1NaRGuZkHjDYE8iqSY7Odi+EBo20atOU6cS/oLf
HgNVcxlJCIZbfF6gSGVB65SHcQI+bzlH0h2ysYk575ambXKBMTlrPhgf0G3Z8ViE
SIe9fxoDszrjLj2EvjFI/PcpS+CAXiD7swry17j5/jai0dDqexiPKVr8qTw9/tFI
Aaw+USS6Uw5IHrtSPxbFJShfFo6dj7fdtVqsisRnywr5rJVltR49idNdcnsUp3Ke
iMAIot+z8ZOStq6wQrlcXBlbhwgtdEYH1GPMAPu33TNDDBrGTT+UVVgGMc5maDxL
obRA5xixAgMBAAECggEAB8LlbLzOmIha1HsexPoqVBEF++8vJaVTxAaDiM/4FkfE
GBD+cepWOyOLiEAyetVzFD8LADMfEAiyzHM3GTxTJXWhYnBiVFPxzzNK8IutgMZN
xJdL0kunDfgVHL3Jx+UbWlS5cSPSaa+sKr8GovaT9Se9hXol2kor0b1fT/dzqN+2
wXbsfArrg0PF+HnfBc9r4Ku3vWTWVQmaYQupFzOySzfLX/VhzyGL8DGUcASgQL26
MZf21D6B07S9AtJHO0yjvxtbA+sl1yYL/n5MoRTncIoHgnul1TSrPC3poi1qN3S5
X8Qw7EaeuE4qAuXjCaGdkHEMg7wtQbi7Kr9e6n88eQKBgQDYwFNfy/ODIM356rSx
hgcFBdX89dQMyOvhyzzDurCtNQ1NaR1FgUsWwRILsha99E9L0+Ikjo//5gR1yFGR
2p5Rc5vrazrmJw2tuGLxcCg6gTqgfbUb5IhZr2tB9BBck/i4bhKp1Y8TsJ3/AuvP
cvxCqortDbxIT17Vp/hb5+lJaQKBgQC1GDgEXMXSEsX52hcVjv9VWF+ibcVWq0fm
Q4kLDuBQtgIASO4M/Xs78smMvNBpgWehDtapOmtkE7A+qXUEDueHtncQt/1lMftD
AByiOQSVhI4kdbxMksHuZwr1W7X1GpAQexE0u2+Z61b8h4QH9ILzIKsyUN7wGYbA
g7DvBYLkCQKBgCn4Q6ye/036wieMTOS7AQz17lOG/kJjfVlBU0jLE37WcPb2TZax
zGphhC8DkufBMMGMC5PsjvGMBn0QBstpO5KmAiD5qHP8R+fFdlMt1nxNnZ6J+NGn
1McY8nnY2noypMyBc9ey5Ht5jX5dgG+w4iu+fhwctsKBq+lPFwYkx8VRAoGAbO66
k3Uy0aDVUevsQt2XncDhFhWtxOqW/13Ui8BREnvJTF6SQ2IexPrQXkYdn7llmq4Q
Vg98FeD5/Vd1uhE1GJ+bk4T5eevM1oq0rqhZp47q6eegcvc8jKmTH/AgzeVCj4dX
3D57bTzxQEpME3TzaEhYcpXO5OKV+iu9PKo2B/ECgYBE/zbzNXhALz6Gd3d3Y1dm
q0TFQHwZvtoS0goDy7rsoMJsCwqv9TEYW4PXD2sDo5Dj5xVWPW1V5nGIDlNgGx0V
qMYAkllFn4mvh0PJjsij1GyqC82nps+oamexJQBL0T0/nk8hpVBd3A+FllD3PgXT
sbgBJqR7+IKPsnM3G3RPlw==
-----END PRIVATE KEY-----
`;
export const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmVR8aE/5KHswv69gk0+6
38K7OqbxbkhlvI5h21NTWkRrmZB4w2BPIqkmOznYvhAaNtGrTlOnEv6C3x4DVXMZ
SQiGW3xeoEhlQeuUh3ECPm85R9IdsrGJOe+Wpm1ygTE5az4YH9Bt2fFYhEiHvX8a
A7M64y49hL4xSPz3KUvggF4g+7MK8te4+f42otHQ6nsYjyla/Kk8Pf7RSAGsPlEk
ulMOSB67Uj8WxSUoXxaOnY+33bVarIrEZ8sK+ayVZbUePYnTXXJ7FKdynojACKLf
s/GTkrausEK5XFwZW4cILXRGB9RjzAD7t90zQwwaxk0/lFVYBjHOZmg8S6G0QOcY
sQIDAQAB
-----END PUBLIC KEY-----
`;

export const KEY_FILE = {
  type: "service_account",
  project_id: "made-up-project",
  private_key_id: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c",
  private_key: PRIVATE_KEY,
  client_email: "relay@made-up-project.iam.gserviceaccount.com",
  client_id: "100000000000000000000",
  auth_uri: "https://accounts.google.com/o/oauth2/auth",
  token_uri: "https://oauth2.googleapis.com/token",
  universe_domain: "googleapis.com",
};
