/**
 * The close codes of the server. 4000–4499: connect again after a jittered pause. 4500–4999: do not
 * connect again until something has changed. Registered codes (1000–1015) keep their meaning of
 * RFC 6455 §7.4: 1009 is too large, 1012 is restarting.
 */
export const closeCodes = {
  normal: { code: 1000, reason: 'bye', reconnect: false },
  too_large: { code: 1009, reason: 'a frame is too large', reconnect: false },
  restarting: { code: 1012, reason: 'this pod is restarting', reconnect: true },
  token_expired: { code: 4001, reason: 'the access token has expired', reconnect: true },
  hello_timeout: { code: 4002, reason: 'no hello in time', reconnect: true },
  silent: { code: 4003, reason: 'nothing received in time', reconnect: true },
  slow: { code: 4008, reason: 'reads too slowly', reconnect: true },
  moved: { code: 4012, reason: 'other pods are less full', reconnect: true },
  busy: { code: 4013, reason: 'the pod is full', reconnect: true },
  rate_limited: { code: 4029, reason: 'too many requests', reconnect: true },
  malformed: { code: 4500, reason: 'malformed frame', reconnect: false },
  unauthorized: { code: 4501, reason: 'the token is not valid', reconnect: false },
  replaced: { code: 4509, reason: 'the same device has connected elsewhere', reconnect: false },
} as const satisfies Record<string, { code: number; reason: string; reconnect: boolean }>

export type CloseReason = keyof typeof closeCodes

/** Returns whether a client should reconnect after `code`. An unknown code is a broken link. */
export function mayReconnect(code: number): boolean {
  const known = Object.values(closeCodes).find((entry) => entry.code === code)
  return known ? known.reconnect : code < 4500
}
