/**
 * The functions about text that need no schema. A worker that imports only these loads no
 * validator.
 */
export { fromBase64Url, toBase64Url } from './base64url.ts'
export { countLetters } from './names/count-letters.ts'
