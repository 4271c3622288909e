import { fromBase64Url, type LogEntry } from '@fastchat/schema'

const decoded = new WeakMap<LogEntry, Uint8Array<ArrayBuffer> | string>()

/**
 * Returns the bytes of an entry's envelope, decoded once. Returns the text itself when it is not
 * base64url.
 */
export function envelopeOf(entry: LogEntry): Uint8Array<ArrayBuffer> | string {
  let envelope = decoded.get(entry)
  if (envelope === undefined) {
    envelope = decode(entry.envelope ?? '')
    decoded.set(entry, envelope)
  }
  return envelope
}

function decode(text: string): Uint8Array<ArrayBuffer> | string {
  try {
    return fromBase64Url(text)
  } catch {
    return text
  }
}
