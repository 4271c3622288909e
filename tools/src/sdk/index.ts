export { buildSdk } from './build-sdk.ts'
export { lintPackage } from './lint-package.ts'
export { npmOffline } from './npm.ts'
export { packSdk, type Tarball } from './pack-sdk.ts'
