/**
 * The parts of the SDK that need a browser: the home of a device in IndexedDB.
 *
 * @packageDocumentation
 */
export { eraseWebHome, openWebHome, type WebHome } from '../web/web-home.ts'
