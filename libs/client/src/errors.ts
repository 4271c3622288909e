import { type ErrorCode, errors, isErrorCode } from '@fastchat/schema'

/**
 * A code of the contract, or one that a newer server has added. With `string` alone, editors
 * complete no codes.
 */
export type AnyErrorCode = ErrorCode | (string & {})

/**
 * The server answered and rejected the request. `retryMs` is set when the server named a retry
 * time.
 */
export class ServerError extends Error {
  override name = 'ServerError'
  readonly code: AnyErrorCode
  readonly details: Readonly<Record<string, unknown>>
  readonly retryMs: number | undefined

  constructor(code: AnyErrorCode, message: string, details: Record<string, unknown> = {}, retryMs?: number) {
    super(message)
    this.code = code
    this.details = details
    this.retryMs = retryMs
  }

  /**
   * Returns whether the same request may succeed later without any change. An unknown code may, if
   * the server named a retry time.
   */
  get mayRetry(): boolean {
    return isErrorCode(this.code) ? errors[this.code].retry : this.retryMs !== undefined
  }
}

/**
 * No answer came: the server is down, the link broke, or the time limit passed. The request may or
 * may not have taken effect.
 */
export class Unreachable extends Error {
  override name = 'Unreachable'
  readonly code = 'unreachable'
}

/** The errors that the client itself throws, by stable code, with the words for people. */
const clientErrors = {
  not_signed_in: 'Sign up or log in first',
  signed_in_already: 'This is the device of another account; use another home',
  session_ended: 'The session has ended; sign in again',
  session_idle:
    'This device was not used for a long time, so it was signed out. Sign in again; your history here stays',
  unknown_device: 'You have no such device',
  device_revoked: 'This device was removed from its account',
  wrong_vault: 'The server keeps a vault that is not this account’s',
  wrong_recovery: 'The server keeps a copy of the account that this recovery key does not open',
  recovery_key_invalid: 'This is not a recovery key, or a letter of it is wrong',
  recovery_old: 'The server shows a recovery key from before the last one',
  no_recovery_key: 'This account has no recovery key',
  change_uncertain: 'No answer came, so the change may have been made or not',
  wrong_account: 'The server shows another account than yours',
  wrong_state: 'The server shows an account state that no device of this account sealed',
  name_unverified: 'The server does not prove that the account has this name',
  name_taken: 'The server gives this name to another account than the one known here',
  name_changed: 'The server gives this account another name than the one known here',
  unknown_conversation: 'There is no such conversation on this device',
  unknown_message: 'There is no such message on this device',
  not_a_member: 'You are not a member of this conversation',
  key_changed: 'The server shows another key for this account than the one known here',
  store_locked: 'Another process is using this home',
  worker_failed:
    'The work on your password failed in this browser. Reload the page and try again. If that does not help, update the browser',
  storage_full: 'No space left. Free some space; nothing that was stored is lost',
  not_writable: 'The files of this home cannot be read or written',
  store_corrupt: 'The files of this home are damaged',
  store_newer: 'A newer version of FastChat has used this store. Reload the page to get that version',
  another_server: 'This device belongs to another server',
  too_large: 'This is larger than the most that can be sent',
  empty_search: 'A search needs a word',
  too_many_pinned: 'At most 10 chats can be pinned. Unpin one first',
  cancelled: 'Cancelled: nothing was sent or saved',
  file_changed: 'The file changed while it was read, so it was not sent. Send it again',
  file_interrupted: 'This file was not read to its end, because the app ended. Nothing was sent. Send it again',
  file_refused: 'This file could not be sent',
  file_damaged:
    'The server gave other bytes than the sender meant, so nothing was saved. Ask the sender to send the file again, and tell the operator of the server',
  too_many_files: 'Too many files wait to be sent already. Try again when some of them are sent',
  too_many_changes: 'Too many changes of this chat wait already. Try again when they are made',
  too_many_conversations: 'The server named too many new conversations at once. Connect again to get the others',
  not_yours: 'Only its author can do this',
  not_allowed: 'Only an admin of the group can do this',
  too_old_to_edit: 'A message can be edited for 24 hours',
  cannot_change: 'This message cannot be changed: it was deleted, or it is of another kind',
  cannot_forward: 'This message cannot be forwarded: it was deleted, or it is of another kind',
  too_many_pins: 'This chat has as many pinned messages as it can have. Unpin one first',
  invalid_emoji: 'A reaction is one emoji',
  invalid_timer: 'Messages can disappear after 30 seconds to one year',
  invalid_payload: 'A message must be in the form of its kind',
  invalid_name: 'This name has letters that a name cannot have, or too many',
  admin_present: 'An admin of this group has an account. Only admins can change the group',
  user_blocked: 'You have blocked this person',
  key_unknown: 'The key of this person is not known here. Their account may be deleted',
  verified_key_changed: 'The server shows another key for a person whom you have verified',
  numbers_differ: 'These digits are not the safety number that this device has',
  no_new_key: 'The server shows no new key for this person',
  only_left_chats: 'Only a chat that you have left can be forgotten',
  backup_busy: 'Other devices of this account keep storing the backup. Try again in a minute',
  not_an_export: 'This folder has other files in it. Name a new folder, or that of an earlier export of yours',
  backup_no_key: 'This device has no key for the backup yet. Log in here again with the password',
  admins_only: 'Only admins of this group can do this',
  admins_write: 'Only admins can write in this group',
  owner_only: 'Only the owner of this group can do this',
  successor_needed: 'Say who owns this group next',
  old_apps: 'A member’s app is too old for this. Ask them to update',
  ban_list_full: 'The group bans as many users as it can. Lift a ban first',
  banned_user: 'This user is banned from the group. An admin can lift the ban',
  picture_too_large: 'The picture of a group has at most 16 KiB',
  only_others: 'This is possible with other users only',
} as const satisfies Record<string, string>

/** The stable code of an error that the client itself throws. */
export type ClientErrorCode = keyof typeof clientErrors

/**
 * The client itself refuses, before or without a request to a server. `message` replaces the words
 * of the code.
 */
export class ClientError extends Error {
  override name = 'ClientError'
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string = clientErrors[code], options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Returns whether `error` is a permanent result of a request: the server rejected it, or its answer
 * is not in the form of the contract. False for network errors, an ended session and a failed
 * store.
 */
export function isPermanent(error: unknown): boolean {
  if (error instanceof ServerError) return !error.mayRetry && !isSessionError(error)
  return error instanceof RangeError || error instanceof TypeError
}

/** Returns whether a fresh token or a new sign-in resolves the error. */
export const isSessionError = ({ code }: ServerError): boolean => code === 'unauthorized' || code === 'token_expired'

/** Returns whether a later retry of the same request is the right answer to `error`. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ServerError && error.mayRetry)

/** Returns a thrown value as an error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))
