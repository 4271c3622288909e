import { accountOperations } from './account-operations.ts'
import { accountStateOperations } from './account-state-operations.ts'
import { backupOperations } from './backup-operations.ts'
import { deviceOperations } from './devices.ts'
import { directoryOperations } from './directory-operations.ts'
import { keyPackageOperations } from './key-package-operations.ts'
import { ownRecordOperations } from './own-records.ts'
import { sessionOperations } from './session-operations.ts'
import { signInOperations } from './sign-in-operations.ts'

/** All operations of the auth service. */
export const authOperations = {
  ...signInOperations,
  ...accountOperations,
  ...deviceOperations,
  ...sessionOperations,
  ...directoryOperations,
  ...keyPackageOperations,
  ...accountStateOperations,
  ...ownRecordOperations,
  ...backupOperations,
} as const
