import { errors, limits } from '@fastchat/schema'
import { plain } from './json.ts'

/** Of the contract, not of the software: grows when something is added to it. */
const contractVersion = '1.0.0'

/** What both documents say about the system. */
export const about = {
  version: contractVersion,
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  'x-limits': plain(limits),
}

/** `x-error-codes` of both documents: what each code means to a client. */
export const errorCodeTable = plain(errors)
