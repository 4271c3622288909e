export { ZipExport } from '../export/zip-export.ts'
export { eraseWebHome, homeLockName, openWebHome, type WebHome } from './web-home.ts'
