import { existsSync, readFileSync } from 'node:fs'
import { needles } from '../needles.ts'
import { password } from '../person.ts'

const passwords = needles(new TextEncoder().encode(password))

/** Returns the log files in which the password of the tests' people stands. */
export const logsWithPassword = (files: readonly string[]): string[] =>
  files.filter((path) => existsSync(path) && holdsPassword(readFileSync(path)))

const holdsPassword = (bytes: Buffer): boolean => passwords.some((needle) => bytes.includes(needle))
