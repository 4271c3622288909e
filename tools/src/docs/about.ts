import { errors, limits } from '@fastchat/schema'
import { plain } from './json.ts'

/** The version of the contract, not of the software. It grows when the contract grows. */
const contractVersion = '1.0.0'

/** The description of the system that both documents share. */
export const about = {
  version: contractVersion,
  license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
  'x-limits': plain(limits),
}

/** The value of `x-error-codes` in both documents: what each code means to a client. */
export const errorCodeTable = plain(errors)
