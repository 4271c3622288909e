import { createApplicationMessage, emptyPskIndex, encodeMlsMessage, processPrivateMessage } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import { decodePrivateMessage, decryptSenderData, encodePrivateMessage } from 'ts-mls/privateMessage.js'
import { readApplicationHeader } from '../verify/application-header.ts'
import { decodeMessage } from '../verify/decode.ts'
import { HandshakeError } from '../verify/handshake-error.ts'
import { cipherSuite, toleratedLeap } from './engine.ts'
import { CannotProcess } from './errors.ts'
import { memberAt } from './members.ts'
import { maxPlaintextBytes, paddedLength } from './padding.ts'
import { refuseOtherEpoch } from './refuse-other-epoch.ts'

/**
 * @throws RangeError for more than `maxPlaintextBytes`
 * @throws CannotProcess `removed`
 */
export async function encryptMessage(state: ClientState, plaintext: Uint8Array) {
  if (plaintext.length > maxPlaintextBytes) throw new RangeError(`more than ${maxPlaintextBytes} bytes to encrypt`)
  if (state.groupActiveState.kind !== 'active') throw new CannotProcess('removed')
  const paddingConfig = { kind: 'padUntilLength', padUntilLength: paddedLength(plaintext.length) } as const
  const padding = { ...state, clientConfig: { ...state.clientConfig, paddingConfig } }
  const { newState, privateMessage, consumed } = await createApplicationMessage(padding, plaintext, await cipherSuite)
  const envelope = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage })
  return { state: { ...newState, clientConfig: state.clientConfig }, envelope, consumed }
}

/**
 * Decrypts a message. Its sender is the leaf in the encrypted sender data, whose signature the
 * engine checks (RFC 9420 §6.3.2). Nothing inside the plaintext can change that. A generation too
 * far ahead is rejected before any key is derived.
 *
 * @throws CannotProcess; `state` stays valid
 */
export async function decryptMessage(state: ClientState, envelope: Uint8Array, missing = 0) {
  const message = readMessage(state, envelope.slice())
  const past = message.epoch < state.groupContext.epoch ? state.historicalReceiverData.get(message.epoch) : undefined
  const suite = await cipherSuite
  try {
    const secret = past?.senderDataSecret ?? state.keySchedule.senderDataSecret
    const senderData = await decryptSenderData(message, secret, suite)
    if (senderData === undefined) throw new CannotProcess('undecryptable')
    const { leafIndex, generation } = senderData
    if (leafIndex === state.privatePath.leafIndex) throw new CannotProcess('own')
    const next = (past?.secretTree ?? state.secretTree)[2 * leafIndex]?.application.generation ?? 0
    const skipped = Math.max(0, generation - next)
    if (skipped > toleratedLeap(missing)) throw new CannotProcess('undecryptable')
    const sender = memberAt(past?.ratchetTree ?? state.ratchetTree, leafIndex)
    const result = await processPrivateMessage(state, message, emptyPskIndex, suite)
    if (result.kind !== 'applicationMessage') throw new CannotProcess('malformed')
    const { newState, consumed, message: plaintext } = result
    return { state: newState, consumed, sender, plaintext: plaintext.slice(), skipped, epoch: Number(message.epoch) }
  } catch (cause) {
    if (cause instanceof CannotProcess) throw cause
    throw new CannotProcess('undecryptable', { cause })
  }
}

function readMessage(state: ClientState, envelope: Uint8Array) {
  try {
    const [kept] = state.historicalReceiverData.keys()
    refuseOtherEpoch(state, readApplicationHeader(envelope), kept)
    return decodeMessage(envelope, 'privateMessage', { decode: decodePrivateMessage, encode: encodePrivateMessage })
  } catch (cause) {
    if (cause instanceof HandshakeError) throw new CannotProcess('malformed', { cause })
    throw cause
  }
}
