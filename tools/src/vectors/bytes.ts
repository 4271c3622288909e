import type { JsonObject } from '../docs/json.ts'
import { hex, utf8 } from './inputs.ts'

/** Returns the vectors of base64url, the encoding of bytes in JSON. */
export function base64url(): JsonObject {
  return {
    description: 'Base64url without padding (RFC 4648 §5); only the form whose unused bits are zero is accepted.',
    accepted: ['', '66', '666f', '666f6f', 'fbff', '000000', '00112233445566778899aabbccddeeff'].map((bytes) => ({
      bytes,
      text: Buffer.from(bytes, 'hex').toString('base64url'),
    })),
    refused: [
      { why: 'padding', text: 'Zg==' },
      { why: 'an unused bit that is not zero, of one byte', text: 'Zh' },
      { why: 'an unused bit that is not zero, of two bytes', text: 'Zm9' },
      { why: 'a lonely letter', text: 'Zm9vY' },
      { why: 'letters of base64', text: '+/8' },
      { why: 'white space', text: 'Zm9v\n' },
      { why: 'a letter that only looks like one', text: 'Ζg' },
    ],
  }
}

const smallest = 256
const framing = 4 + 2 + 64

/** Returns the vectors of the sizes that encrypted content is padded to. */
export function padding(): JsonObject {
  const padded = (plaintextBytes: number) => {
    const content = plaintextBytes + framing
    const step = Math.max(smallest, 2 ** (Math.floor(Math.log2(content)) - 2))
    return Math.ceil(content / step) * step
  }
  const largest = 32 * 1024 - framing
  const edges = Array.from({ length: largest + 1 }, (_, size) => size).filter(
    (size) => size === 0 || size === largest || padded(size) !== padded(size + 1) || padded(size) !== padded(size - 1),
  )
  return {
    description:
      'content = plaintext + 70 bytes of framing; step = max(256, 2^(floor(log2(content)) - 2)); padded to the next multiple of step. Every size at which the result changes is here, with the one before.',
    maxPlaintextBytes: largest,
    accepted: edges.map((plaintextBytes) => ({ plaintextBytes, paddedBytes: padded(plaintextBytes) })),
  }
}

const file = {
  attachment: '0195f3a0-7c00-7000-8000-000000000004',
  key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  sha256: 'ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8',
  size: 20,
  name: 'cat.webp',
  mime: 'image/webp',
}
const text = { v: 1, kind: 'text', text: 'Grüße 👋' }
const image = { v: 1, kind: 'image', file, width: 640, height: 480 }
const profile = { v: 1, kind: 'profile', name: 'Friends' }

/** Returns the vectors of the content inside a message's encryption. */
export function payload(): JsonObject {
  const bytesOf = (value: unknown) => hex(utf8(JSON.stringify(value)))
  const target = '01890000-0000-7000-8000-000000000002'
  const user = '01890000-0000-7000-8000-000000000003'
  const unknown = {
    'another kind': { v: 1, kind: 'poll', question: '?' },
    'another version': { ...text, v: 2 },
    'a field is missing': { v: 1, kind: 'text' },
    'a field of another type': { ...text, text: 1 },
    'an empty text': { ...text, text: '' },
    'a file without its key': { ...image, file: { ...file, key: undefined } },
    'no object': 'text',
  }
  return {
    description:
      'JSON in UTF-8. A reader ignores fields that it does not know, and shows kinds and versions that it does not know as such.',
    accepted: [
      text,
      image,
      { ...image, thumbnail: 'AAECAw', caption: 'a cat' },
      { v: 1, kind: 'file', file: { ...file, name: 'plan.pdf', mime: 'application/pdf' } },
      { v: 1, kind: 'file', file, caption: 'the plan', replyTo: target },
      profile,
      { ...profile, topic: 'cats' },
      { v: 1, kind: 'vote', sig: 'A'.repeat(86) },
      { ...text, text: 'hello @bob', replyTo: target, mentions: [user], forwarded: true, expires: 86_400 },
      { v: 1, kind: 'edit', target, text: 'better' },
      { v: 1, kind: 'delete', target },
      { v: 1, kind: 'reaction', target, emoji: '👍' },
      { v: 1, kind: 'reaction', target, emoji: '👍', remove: true },
      { v: 1, kind: 'pin', target, pinned: true },
      { v: 1, kind: 'timer', seconds: 86_400 },
    ].map((value) => ({ payload: value, bytes: bytesOf(value) })),
    grown: [
      { payload: text, bytes: bytesOf({ ...text, mood: 'happy' }) },
      { payload: image, bytes: bytesOf({ ...image, file: { ...file, blur: [1, 2] }, alt: 'a cat' }) },
      { payload: profile, bytes: bytesOf({ ...profile, avatar: file }) },
    ],
    unknown: [
      ...Object.entries(unknown).map(([why, value]) => ({ why, bytes: bytesOf(value) })),
      { why: 'no JSON', bytes: hex(utf8('{')) },
      { why: 'no UTF-8', bytes: 'fffe' },
    ],
  }
}
