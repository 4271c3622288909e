import { HandshakeError, parseGroupId } from '@fastchat/crypto/verify'

type Commit = { readonly conversation: string; readonly groupNo: number; readonly epoch: number }

/** An MLSMessage begins with its version and wire format (RFC 9420 §6); a GroupInfo then with its context's version and suite. */
const welcomeHead = [0, 1, 0, 3]
const groupInfoHead = [0, 1, 0, 4, 0, 1, 0, 1, 20]
const epochAt = groupInfoHead.length + 20

/** Whether the bytes begin as a Welcome. What is in it only those who were added can tell. */
export const isWelcome = (bytes: Buffer): boolean => welcomeHead.every((byte, at) => bytes[at] === byte)

/**
 * Whether a GroupInfo (RFC 9420 §12.4.3) claims to be of the epoch that the commit begins. More would need its signature
 * and tree, which joiners check: this keeps an honest mistake from locking them out.
 */
export function isGroupInfoOf({ conversation, groupNo, epoch }: Commit, bytes: Buffer): boolean {
  if (bytes.length < epochAt + 8 || !groupInfoHead.every((byte, at) => bytes[at] === byte)) return false
  try {
    const id = parseGroupId(bytes.subarray(groupInfoHead.length, epochAt))
    return (
      id.conversation === conversation && id.groupNo === groupNo && bytes.readBigUInt64BE(epochAt) === BigInt(epoch + 1)
    )
  } catch (error) {
    if (error instanceof HandshakeError) return false
    throw error
  }
}
