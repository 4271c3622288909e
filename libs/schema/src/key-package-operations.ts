import { Type } from 'typebox'
import { UserSchema } from './account.ts'
import { Bytes, DeviceIdSchema, UserIdSchema } from './ids.ts'
import { limits } from './limits.ts'
import { closed, open } from './objects.ts'
import { operation } from './operation.ts'

/** The operations on key packages. */
export const keyPackageOperations = {
  claimKeyPackages: operation({
    method: 'POST',
    path: '/v1/key-packages/claim',
    access: 'device',
    summary:
      'Claim one key package for each device of a user except the calling device; only last-resort ones are given out again',
    body: closed('KeyPackageClaim', { userId: UserIdSchema }),
    response: {
      200: open('ClaimedKeyPackages', {
        user: UserSchema,
        keyPackages: Type.Array(
          open('ClaimedKeyPackage', {
            deviceId: DeviceIdSchema,
            keyPackage: Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage'),
            lastResort: Type.Boolean(),
          }),
        ),
        missing: Type.Array(DeviceIdSchema, {
          description: 'Devices that have none left; they join later by an external commit',
        }),
      }),
    },
    errors: ['not_found'],
  }),
  uploadKeyPackages: operation({
    method: 'POST',
    path: '/v1/key-packages',
    access: 'device',
    summary: 'Add key packages of the signed-in device; a last-resort one replaces the previous one',
    body: closed('KeyPackageUpload', {
      keyPackages: Type.Array(Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage'), {
        minItems: 1,
        maxItems: limits.maxKeyPackagesPerUpload,
      }),
      lastResort: Type.Optional(Bytes(limits.maxKeyPackageBytes, 'MLSMessage with a KeyPackage flagged last-resort')),
    }),
    response: { 200: open('KeyPackageCount', { count: Type.Integer({ minimum: 0 }) }) },
    errors: ['key_package_invalid', 'key_packages_full'],
  }),
  countKeyPackages: operation({
    method: 'GET',
    path: '/v1/key-packages/count',
    access: 'device',
    summary: 'Count the one-time key packages of the signed-in device; tells whether it has a last-resort one',
    response: { 200: open('KeyPackageStock', { count: Type.Integer({ minimum: 0 }), lastResort: Type.Boolean() }) },
  }),
} as const
