import { fromBase64Url } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/** Bytes of a request; the schema has checked their letters and number. @throws AppError `bad_request` unless canonical */
export function bytesOf(text: string): Buffer {
  try {
    return Buffer.from(fromBase64Url(text).buffer)
  } catch (cause) {
    throw new AppError('bad_request', undefined, { cause })
  }
}
