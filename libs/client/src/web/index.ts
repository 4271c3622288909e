export { homeLockName, openWebHome, type WebHome } from './web-home.ts'
