import { type Static, Type } from 'typebox'
import { open } from './objects.ts'

/**
 * Describes an error to a client. `retry` says that the same request may succeed later without any
 * change.
 */
type ErrorEntry = { readonly status: number; readonly retry: boolean; readonly message: string }
const entry = (status: number, message: string, retry = false): ErrorEntry => ({ status, retry, message })

/**
 * All errors of the system, over REST and WebSocket alike. Codes never change; messages may be
 * reworded.
 */
export const errors = {
  bad_request: entry(400, 'The request does not have the form of this operation'),
  unauthorized: entry(401, 'Sign in first'),
  token_expired: entry(401, 'The access token has expired; refresh it'),
  refresh_invalid: entry(401, 'The refresh token is no longer valid; sign in again'),
  device_revoked: entry(401, 'This device was removed from its account'),
  session_idle: entry(401, 'This device was not used for a long time, so it was signed out; sign in again'),
  wrong_credentials: entry(401, 'Wrong username or password'),
  recovery_wrong: entry(401, 'Wrong username or recovery key'),
  forbidden: entry(403, 'You are not allowed to do this'),
  admins_only: entry(403, 'Only admins can add or remove participants'),
  owner_only: entry(403, 'Only the owner of the group can change or remove its admins'),
  admins_write: entry(403, 'Only admins can write in this group'),
  banned_user: entry(403, 'A user who was banned from the group cannot be added; an admin can lift the ban'),
  signup_closed: entry(403, 'This server accepts no new accounts'),
  invite_required: entry(403, 'This server accepts new accounts by invitation only'),
  invite_invalid: entry(403, 'This invitation is unknown, used up or expired'),
  account_disabled: entry(403, 'This account has been disabled by the operator'),
  quota_exceeded: entry(403, 'Your attachments use all of your storage quota'),
  not_found: entry(404, 'Not found'),
  username_taken: entry(409, 'This username is taken'),
  device_exists: entry(409, 'A device with this id is already registered'),
  too_many_devices: entry(409, 'This account has reached its device limit; end a device that is no longer used'),
  key_packages_full: entry(409, 'This device has reached its limit of key packages'),
  stale_epoch: entry(409, 'The group has a newer epoch; catch up and encrypt again'),
  stale_version: entry(409, 'Another device has stored a newer version; fetch it, merge, and store the next one'),
  records_full: entry(409, 'This account has reached its limit of records'),
  commit_first: entry(409, 'A member left or a device was revoked; commit the removal first'),
  conflict: entry(409, 'This id was already used for different content'),
  out_of_line: entry(409, 'An earlier send of this device was rejected; send again from the oldest'),
  last_admin: entry(409, 'A group needs an admin; make another member admin first'),
  direct_fixed: entry(409, 'The members of a direct chat cannot change'),
  admin_present: entry(409, 'An admin of this group has an account; only admins can change the group'),
  upload_gap: entry(409, 'An earlier part of this upload is missing; ask how far it has got, and go on there'),
  push_off: entry(409, 'This server sends no pushes to closed browsers'),
  id_expired: entry(409, 'This message id is too old to be sent'),
  group_exists: entry(409, 'Another member has already created this group; join it'),
  too_large: entry(413, 'Too large'),
  attachment_too_large: entry(413, 'The attachment is too large'),
  method_not_allowed: entry(405, 'This path does not take this method; the Allow header lists those it takes'),
  unsupported_media_type: entry(415, 'This operation does not take that content type'),
  credential_invalid: entry(422, 'The credential is not signed by the account key'),
  name_differs: entry(422, 'The repeated name is not the name of this account'),
  name_invalid: entry(422, 'The username is not signed by the account key'),
  revocation_invalid: entry(422, 'The revocation is not signed by the account key'),
  password_note_invalid: entry(422, 'The note about the new password is missing, or not signed by the account key'),
  key_package_invalid: entry(422, 'The key package is not valid'),
  unlawful_commit: entry(422, 'The commit breaks the rules of the group'),
  malformed_handshake: entry(422, 'The commit, leave or envelope cannot be read'),
  push_refused: entry(422, 'This server sends nothing to that push service; its operator can allow it'),
  attachment_unknown: entry(422, 'The message names an attachment that does not exist or cannot be sent'),
  rate_limited: entry(429, 'Too many requests; slow down', true),
  internal: entry(500, 'Something went wrong on the server', true),
  busy: entry(503, 'Busy; try again shortly', true),
  no_services_available: entry(503, 'Sorry, No services available: no chat pod is ready. Try again shortly', true),
  hello_first: entry(400, 'The first frame must be hello'),
  hello_timeout: entry(408, 'No hello in time', true),
  unknown_frame: entry(400, 'Unknown frame type'),
  malformed_frame: entry(400, 'The frame does not have the form of its type'),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errors
export const errorCodes = Object.keys(errors).filter(isErrorCode)

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code)
}

/**
 * The pattern accepts codes of later versions. A client treats an unknown code by its status, or by
 * whether `retryMs` is there.
 */
export const ErrorCodeSchema = Type.Unsafe<ErrorCode>({
  type: 'string',
  pattern: '^[a-z]+(_[a-z]+)*$',
  'x-extensible-enum': errorCodes,
  title: 'ErrorCode',
  description: 'Stable. `x-extensible-enum` lists the codes of this version; accept others, too',
  examples: ['rate_limited'],
})

const errorFields = {
  code: ErrorCodeSchema,
  message: Type.String({ description: 'For people', examples: [errors.rate_limited.message] }),
  details: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), { description: 'For programs; depends on the code' }),
  ),
}

/** The body of every REST answer with a status of 400 or more. */
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
