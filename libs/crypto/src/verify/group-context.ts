import type { Roster } from '@fastchat/schema'
import type { Extension } from 'ts-mls/extension.js'
import { encodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js'
import { HandshakeError } from './handshake-error.ts'
import { decodeRoster, encodeRoster, rosterExtensionType } from './roster.ts'

/**
 * What every member must be able to do (RFC 9420 §11.1): `02 f0c1 00 02 0001`. It is the same in every group. Other MLS
 * implementations refuse to change an extension that it does not name.
 */
const requiredCapabilities = encodeRequiredCapabilities({
  extensionTypes: [rosterExtensionType],
  proposalTypes: [],
  credentialTypes: ['basic'],
})

/** The extensions of a GroupContext with this roster: required_capabilities, then the roster. */
export function groupExtensionsOf(roster: Roster): Extension[] {
  return [
    { extensionType: 'required_capabilities', extensionData: requiredCapabilities.slice() },
    { extensionType: rosterExtensionType, extensionData: encodeRoster(roster) },
  ]
}

/**
 * Reads the roster from the extensions of a GroupContext, or of the proposal that replaces them.
 *
 * @throws HandshakeError unless they are what `groupExtensionsOf` makes, byte by byte and in this order
 */
export function rosterOfExtensions(extensions: readonly Extension[]): Roster {
  const [required, roster, ...others] = extensions
  if (required?.extensionType !== 'required_capabilities' || !isRequired(required.extensionData))
    throw new HandshakeError('unsupported', 'group context without the required capabilities')
  if (roster?.extensionType !== rosterExtensionType || others.length > 0)
    throw new HandshakeError('unsupported', 'group context without its roster, or with more')
  return decodeRoster(roster.extensionData)
}

const isRequired = (bytes: Uint8Array): boolean =>
  bytes.length === requiredCapabilities.length && bytes.every((byte, at) => byte === requiredCapabilities[at])

/** The roster of a group that FastChat made before it demanded `required_capabilities`, if it is one. */
export function rosterOfFormerRules(extensions: readonly Extension[]): Roster | undefined {
  const [roster, ...others] = extensions
  return roster?.extensionType === rosterExtensionType && others.length === 0
    ? decodeRoster(roster.extensionData)
    : undefined
}
