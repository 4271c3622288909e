/**
 * The parts of the SDK that need Node: the home of a device on the disk.
 *
 * @packageDocumentation
 */
export { fileSource } from '../node/file-source.ts'
export { type Home, openHome } from '../node/home.ts'
export { homeKeyOf } from '../node/home-key-of.ts'
export { type DeviceOptions, type OpenDevice, openDevice } from '../node/open-device.ts'
