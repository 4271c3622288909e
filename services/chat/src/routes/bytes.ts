import { fromBase64Url } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/**
 * Decodes base64url of a request. The schema has checked its characters and length.
 *
 * @throws AppError `bad_request` unless the text is canonical
 */
export function bytesOf(text: string): Buffer {
  try {
    return Buffer.from(fromBase64Url(text).buffer)
  } catch (cause) {
    throw new AppError('bad_request', undefined, { cause })
  }
}
