import { type Static, Type } from 'typebox'
import { open } from './objects.ts'

/** What a code means to a client. `retry`: the same request may succeed later without any change. */
type ErrorEntry = { readonly status: number; readonly retry: boolean; readonly message: string }
const entry = (status: number, message: string, retry = false): ErrorEntry => ({ status, retry, message })

/** Every error that the system answers with, over REST and WebSocket alike. Codes are stable; messages may be reworded. */
export const errors = {
  bad_request: entry(400, 'The request is not in the form that this operation takes'),
  unauthorized: entry(401, 'Sign in first'),
  token_expired: entry(401, 'The access token has expired; refresh it'),
  refresh_invalid: entry(401, 'The refresh token is no longer valid; sign in again'),
  device_revoked: entry(401, 'This device was removed from its account'),
  wrong_credentials: entry(401, 'Wrong username or password'),
  forbidden: entry(403, 'This is not yours to do'),
  admins_only: entry(403, 'Only admins can add or remove participants'),
  signup_closed: entry(403, 'This server takes no new accounts'),
  invite_required: entry(403, 'This server takes new accounts by invitation only'),
  invite_invalid: entry(403, 'This invitation is not known, used up, or over'),
  account_disabled: entry(403, 'This account has been disabled by the operator'),
  quota_exceeded: entry(403, 'Your attachments use all the space that you may have'),
  not_found: entry(404, 'There is no such thing here'),
  username_taken: entry(409, 'This username is taken'),
  device_exists: entry(409, 'A device with this id is registered already'),
  too_many_devices: entry(409, 'This account has as many devices as it may have; end one that is no longer used'),
  key_packages_full: entry(409, 'This device has as many key packages as it may have'),
  stale_epoch: entry(409, 'The group has moved on; catch up and encrypt again'),
  stale_version: entry(409, 'Another device has stored a newer version; fetch it, merge, and store the next one'),
  commit_first: entry(409, 'Somebody left, or a device was removed; commit the removal first'),
  conflict: entry(409, 'This id was used before, for other content'),
  out_of_line: entry(409, 'An earlier send of this device was refused; start again from the oldest'),
  last_admin: entry(409, 'A group needs an admin; make somebody else admin first'),
  direct_fixed: entry(409, 'A direct chat always has its two people'),
  admin_present: entry(409, 'An admin of this group has an account; only admins can change the group'),
  id_expired: entry(409, 'This message id is too old to be sent'),
  group_exists: entry(409, 'Somebody else has created this group already; join it'),
  too_large: entry(413, 'Too large'),
  attachment_too_large: entry(413, 'The attachment is too large'),
  method_not_allowed: entry(405, 'This path takes other methods; Allow names them'),
  unsupported_media_type: entry(415, 'This operation does not take that content type'),
  credential_invalid: entry(422, 'The credential is not signed by the account key'),
  name_invalid: entry(422, 'The username is not signed by the account key'),
  revocation_invalid: entry(422, 'The revocation is not signed by the account key'),
  key_package_invalid: entry(422, 'The key package is not valid'),
  unlawful_commit: entry(422, 'The commit does what its sender may not do'),
  malformed_handshake: entry(422, 'The commit, leave or envelope cannot be read'),
  attachment_unknown: entry(422, 'The message names an attachment that is not there to be sent'),
  rate_limited: entry(429, 'Too many requests; slow down', true),
  internal: entry(500, 'Something went wrong on our side', true),
  busy: entry(503, 'Busy; try again shortly', true),
  no_services_available: entry(503, 'Sorry, No services available: no chat pod is ready. Try again shortly', true),
  hello_first: entry(400, 'The first frame must be hello'),
  hello_timeout: entry(408, 'No hello in time', true),
  unknown_frame: entry(400, 'Unknown frame type'),
  malformed_frame: entry(400, 'The frame is not in the form that its type takes'),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors
export const errorCodes = Object.keys(errors).filter(isErrorCode)

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code)
}

/** Open: a client treats a code that it does not know by the status, or by whether `retryMs` is there. */
export const ErrorCodeSchema = Type.Unsafe<ErrorCode>({
  type: 'string',
  pattern: '^[a-z]+(_[a-z]+)*$',
  'x-extensible-enum': errorCodes,
  title: 'ErrorCode',
  description: 'Stable. `x-extensible-enum` has those of today; others may be added, so accept any',
  examples: ['rate_limited'],
})

const errorFields = {
  code: ErrorCodeSchema,
  message: Type.String({ description: 'For people', examples: [errors.rate_limited.message] }),
  details: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'For programs; depends on the code' }),
  ),
}

/** Body of every REST answer with a status of 400 or more. */
export const ErrorBodySchema = open('Error', {
  error: Type.Object({
    ...errorFields,
    requestId: Type.String({
      description: 'Quote it to the operator',
      examples: ['6f1c2d3e-4b5a-4c7d-8e9f-0a1b2c3d4e5f'],
    }),
  }),
})
export type ErrorBody = Static<typeof ErrorBodySchema>
