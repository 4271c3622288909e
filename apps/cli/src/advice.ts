import { type ClientErrorCode, maxFileBytes } from '@fastchat/client'
import { type ErrorCode, errors, limits } from '@fastchat/schema'
import { noServiceWords } from './no-service-words.ts'
import { rateLimitWords, waitWords } from './rate-limit-words.ts'

/** An error of the server or of the client, as the words about it need it. */
export type Refusal = {
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly retryMs: number | undefined
}

/** The words for a code, or the function that makes them for one error. */
type Words = string | ((refusal: Refusal) => string)

/** The words for one code; a newer server may send a code that this version does not know. */
export function adviceOn(code: string, refusal: Refusal): string {
  const words = isKnown(code) ? advice[code] : said
  return typeof words === 'string' ? words : words(refusal)
}

const isKnown = (code: string): code is keyof typeof advice => Object.hasOwn(advice, code)

/** The message of the error itself says what happened and what to do. */
const said = ({ message }: Refusal): string => message
const saidAnd =
  (todo: string): Words =>
  ({ message }) =>
    `${message}. ${todo}`

const sessionOver = 'The session has ended: run fastchat login NAME'
const again = 'Run the command again'
const versions =
  'The server and this fastchat do not understand each other. Update both to the same version, or tell the operator of the server'
const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`

/**
 * The words for every code of the contract and of the client: what happened, then what to do. A new
 * code without words does not compile.
 */
const advice: Readonly<Record<ErrorCode | ClientErrorCode, Words>> = {
  bad_request: versions,
  unauthorized: sessionOver,
  token_expired: sessionOver,
  refresh_invalid: sessionOver,
  session_ended: sessionOver,
  not_signed_in: 'Not signed in: run fastchat signup NAME, or fastchat login NAME',
  signed_in_already: saidAnd('Set FASTCHAT_HOME to another folder'),
  session_idle: saidAnd('Run: fastchat login NAME'),
  unknown_device: saidAnd('fastchat devices shows those that you have'),
  device_revoked: 'This device was removed from its account: to go on, set FASTCHAT_HOME to another folder and log in',
  recovery_wrong: 'Wrong username or recovery key, or the account has none. Check both, then try again',
  wrong_credentials: 'Wrong username or password. Check both, then try again',
  forbidden: 'The server does not allow this: it is not yours. fastchat chats and fastchat devices show what is',
  admins_only: errors.admins_only.message,
  owner_only:
    'Only the owner of the group can change or remove its admins. Ask the owner: fastchat group members shows who it is',
  admins_write: 'Only admins can write in this group. Nothing was sent. Ask an admin, or write to one of them directly',
  banned_user: saidAnd('Lift the ban first: fastchat group unban GROUP USER'),
  successor_needed: saidAnd('Run fastchat group leave GROUP --successor USER, or fastchat group transfer GROUP USER'),
  old_apps: said,
  ban_list_full: saidAnd('See them: fastchat group bans GROUP'),
  picture_too_large: said,
  signup_closed: 'This server takes no new accounts: ask its operator',
  invite_required: 'This server takes new accounts by invitation only: fastchat signup NAME --invite CODE',
  invite_invalid: 'This invitation is not known, used up, or over. Ask the person who gave it to you for another one',
  account_disabled: 'This account has been disabled: ask the operator of this server',
  quota_exceeded:
    'Your pictures and files use all the space that this server gives to an account. Nothing was sent. Ask its operator for more space',
  not_found:
    'The server has nothing of this name or id. Check it: fastchat chats and fastchat users show what there is',
  username_taken: 'This username is taken: choose another, or log in with: fastchat login NAME',
  device_exists: `This device is registered already. ${again}`,
  too_many_devices: `An account has at most ${limits.maxDevicesPerUser} devices, and this one has them. End one that you no longer use: fastchat login NAME --end ID`,
  key_packages_full: `The server holds ${limits.maxKeyPackages} keys for new chats of this device, the most that it takes. Nothing is to be done: new chats use them up`,
  stale_epoch: `The group has changed meanwhile, so nothing was stored. ${again}`,
  stale_version: `Another device of yours stored something meanwhile, so nothing was stored here. ${again}`,
  records_full:
    'This account has as many chats with read positions and settings as the server keeps. Devices that are signed in go on as before',
  commit_first: `Somebody left the group, and the group has to take that in first. ${again}`,
  conflict: `The server has another message under this id. ${again}: it takes a new id`,
  out_of_line: `An earlier message of this device was rejected, so this one was not stored. ${again}`,
  admin_present: said,
  last_admin: 'A group needs an admin: make somebody else admin first, with fastchat group promote',
  direct_fixed: 'A direct chat always has its two people. Make a group: fastchat group create NAME USER',
  push_off: saidAnd('The operator can turn them on: see PUSH_KEY in docs/operations.md'),
  push_refused: saidAnd('The operator can allow it: see PUSH_HOSTS in docs/operations.md'),
  upload_gap: `A part of the file did not reach the server. ${again}`,
  id_expired: `The message waited on this device for more than ${limits.maxMessageAgeDays} days, so it was not sent. Send it again`,
  group_exists: 'This group exists already: fastchat chats shows it',
  too_large: ({ message }) =>
    message === errors.too_large.message
      ? 'The server does not take so much at once. Nothing was stored. Send a shorter text, or name fewer people'
      : message,
  attachment_too_large: `A file has at most ${mebibytes(maxFileBytes)}, and this one has more. Nothing was sent. Make it smaller`,
  method_not_allowed: versions,
  unsupported_media_type: versions,
  credential_invalid: versions,
  name_differs: 'This is not the name of the account: fastchat whoami shows it',
  name_invalid: 'This server does not take this username: choose another',
  revocation_invalid: versions,
  password_note_invalid: versions,
  key_package_invalid: versions,
  unlawful_commit: `The rules of the group do not allow this change, so nothing was changed. fastchat group members NAME shows who is an admin`,
  malformed_handshake: versions,
  attachment_unknown: 'The server no longer has the picture or file of this message, so it was not sent. Send it again',
  rate_limited: rateLimitWords,
  internal: 'Something went wrong at the server. Try again; if it stays so, tell its operator',
  busy: ({ retryMs }) => `The server is busy. ${waitWords(retryMs)}`,
  no_services_available: `${noServiceWords}: the server has no chat pod ready. Try again shortly`,
  hello_first: versions,
  hello_timeout: 'The connection to the server is too slow. Check the network, then try again',
  unknown_frame: versions,
  malformed_frame: versions,
  wrong_vault: saidAnd('Ask the operator of the server'),
  wrong_recovery: saidAnd('Ask the operator of the server'),
  recovery_key_invalid: saidAnd('A recovery key has eight groups of four letters. Type it again'),
  recovery_old: saidAnd('Nothing was done. If its database was restored: fastchat recovery new makes another one'),
  no_recovery_key: saidAnd('fastchat recovery new makes one'),
  change_uncertain: saidAnd('Try again when the server answers. After a change of the password, try the new one first'),
  wrong_account: saidAnd('Ask the operator of the server'),
  wrong_state: said,
  name_unverified: said,
  name_taken: said,
  name_changed: said,
  key_changed: said,
  unknown_conversation: saidAnd('fastchat chats shows those that there are'),
  unknown_message: 'There is no such message on this device: fastchat history shows the ids with --json',
  not_a_member: saidAnd('Ask an admin of the group to add you'),
  store_locked: saidAnd('End it first, or set FASTCHAT_HOME to another folder'),
  storage_full: said,
  not_writable: said,
  store_corrupt: said,
  store_newer: said,
  another_server: saidAnd('Set FASTCHAT_URL to the first, or FASTCHAT_HOME to another folder'),
  worker_failed: said,
  empty_search: said,
  too_many_pinned: said,
  cancelled: said,
  file_changed: said,
  file_interrupted: said,
  file_refused: saidAnd('It stays on this device: fastchat failed shows it, and sends it again or forgets it'),
  file_damaged: said,
  too_many_files: said,
  too_many_changes: said,
  too_many_conversations: said,
  not_yours: said,
  not_allowed: said,
  too_old_to_edit: saidAnd('Send another message instead'),
  cannot_change: said,
  cannot_forward: said,
  too_many_pins: said,
  invalid_emoji: saidAnd('Write for example 👍'),
  invalid_timer: saidAnd('Write for example 1d, or off'),
  invalid_payload: said,
  invalid_name: said,
  backup_busy: said,
  not_an_export: said,
  backup_no_key: said,
  only_others: said,
  user_blocked: saidAnd('Nothing was sent or changed. fastchat unblock NAME ends the block'),
  key_unknown: said,
  verified_key_changed: saidAnd(
    'Nothing was sent or changed. fastchat verify NAME shows both numbers. Then either mark the known one again with --mark, or accept the new one with --accept-new-key',
  ),
  numbers_differ: saidAnd(
    'Type all 60 digits as the other person sees them. If they still differ, somebody may be between you: tell each other outside this server, and send nothing secret here',
  ),
  no_new_key: saidAnd('Nothing was changed'),
  only_left_chats: saidAnd('Leave it first: fastchat group leave NAME'),
}

export const adviceCodes = Object.keys(advice)
