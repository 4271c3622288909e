import { type Static, Type } from 'typebox'
import {
  DeviceNameSchema,
  DeviceSchema,
  EndedDeviceSchema,
  KeySchema,
  RevocationSchema,
  SessionSchema,
  SignatureSchema,
} from './account.ts'
import { DeviceKindSchema, deviceKindPattern, SealedLabelSchema } from './device-label.ts'
import { DeviceIdSchema } from './ids.ts'
import { closed, open, parameters } from './objects.ts'
import { operation } from './operation.ts'

const Nothing = Type.Null()

/** The kinds that this version knows. Clients show other kinds as they are written. */
export const deviceKinds = ['terminal', 'browser', 'desktop', 'phone', 'bot', 'bridge'] as const
export type DeviceKind = (typeof deviceKinds)[number]

/** The name and kind of a device, which the account's devices seal for each other. */
export const DeviceLabelSchema = closed('DeviceLabel', {
  v: Type.Literal(1),
  name: DeviceNameSchema,
  kind: Type.Optional(Type.String({ pattern: deviceKindPattern })),
})
export type DeviceLabel = Static<typeof DeviceLabelSchema>

/** The operations by which people look after their own devices. */
export const deviceOperations = {
  registerDevice: operation({
    method: 'POST',
    path: '/v1/devices',
    access: 'enrol',
    summary: 'Register a device whose key is signed by the account key',
    description:
      'With `ends`, another device of the account is revoked first. When the account has too many devices, `details.devices` of the error lists them (deviceId, name, usedAt), the one that was idle for the longest time first.',
    body: closed('NewDevice', {
      deviceId: DeviceIdSchema,
      name: DeviceNameSchema,
      signatureKey: KeySchema,
      credentialSig: SignatureSchema,
      kind: Type.Optional(DeviceKindSchema),
      label: Type.Optional(SealedLabelSchema),
      ends: Type.Optional(EndedDeviceSchema),
    }),
    response: { 201: SessionSchema },
    errors: [
      'credential_invalid',
      'device_exists',
      'too_many_devices',
      'account_disabled',
      'not_found',
      'revocation_invalid',
    ],
  }),
  openSession: operation({
    method: 'POST',
    path: '/v1/devices/:deviceId/session',
    access: 'enrol',
    summary: 'Get new tokens for a registered device, which signs the enrol token with its key',
    params: parameters({ deviceId: DeviceIdSchema }),
    body: closed('SessionProof', { proof: SignatureSchema }),
    response: { 200: SessionSchema },
    errors: ['not_found', 'forbidden', 'account_disabled', 'device_revoked'],
  }),
  listDevices: operation({
    method: 'GET',
    path: '/v1/devices',
    access: 'device',
    summary: 'List the devices of the signed-in user',
    response: { 200: open('DeviceList', { devices: Type.Array(DeviceSchema) }) },
  }),
  revokeDevice: operation({
    method: 'DELETE',
    path: '/v1/devices/:deviceId',
    access: 'device',
    summary: 'Revoke a device of the signed-in user, permanently; a second call does nothing',
    description:
      'The account key signs the statement: see docs/encodings.md. The session of the device ends and its key packages are deleted. The statement becomes an entry of every conversation in which the device has a leaf: sends there are rejected with `commit_first` until a commit removes the leaf.',
    params: parameters({ deviceId: DeviceIdSchema }),
    query: parameters({ statement: RevocationSchema }),
    response: { 204: Nothing },
    errors: ['not_found', 'revocation_invalid'],
  }),
  nameDevice: operation({
    method: 'PUT',
    path: '/v1/devices/:deviceId/name',
    access: 'device',
    summary: 'Name a device of the signed-in user; any device of the account may do it',
    description:
      'The server keeps `name` for its operator and for devices that cannot open the label. Other devices of the account believe the sealed label only: see docs/encodings.md.',
    params: parameters({ deviceId: DeviceIdSchema }),
    body: closed('DeviceNaming', { name: DeviceNameSchema, label: Type.Optional(SealedLabelSchema) }),
    response: { 204: Nothing },
    errors: ['not_found'],
  }),
} as const
