export { ZipExport } from '../export/zip-export.ts'
export { homeLockName, openWebHome, type WebHome } from './web-home.ts'
