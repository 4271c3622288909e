export { eraseWebHome, homeLockName, openWebHome, type WebHome } from './web-home.ts'
