import type { Roster } from '@fastchat/schema'
import type { Extension } from 'ts-mls/extension.js'
import { encodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js'
import { HandshakeError } from './handshake-error.ts'
import { decodeRoster, encodeRoster, rosterExtensionType } from './roster.ts'

/**
 * The capabilities that every member must have (RFC 9420 §11.1): `02 f0c1 00 02 0001`. They are the
 * same in every group. Other MLS implementations refuse to change an extension that is not listed.
 */
const requiredCapabilities = encodeRequiredCapabilities({
  extensionTypes: [rosterExtensionType],
  proposalTypes: [],
  credentialTypes: ['basic'],
})

/** Returns the extensions of a GroupContext: required_capabilities, then the roster. */
export function groupExtensionsOf(roster: Roster): Extension[] {
  return [
    { extensionType: 'required_capabilities', extensionData: requiredCapabilities.slice() },
    { extensionType: rosterExtensionType, extensionData: encodeRoster(roster) },
  ]
}

/**
 * Reads the roster from the extensions of a GroupContext, or of a proposal that replaces them.
 *
 * @throws HandshakeError unless `groupExtensionsOf` makes the same bytes in the same order
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

/** Returns the roster of a group from before `required_capabilities` were demanded. */
export function rosterOfFormerRules(extensions: readonly Extension[]): Roster | undefined {
  const [roster, ...others] = extensions
  return roster?.extensionType === rosterExtensionType && others.length === 0
    ? decodeRoster(roster.extensionData)
    : undefined
}
