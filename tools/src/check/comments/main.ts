import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { judgeComments } from './judge-comments.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const sources = ['*.ts', '*.mts', '*.mjs', '*.js', '*.sql']
/** Excludes the code that Prisma generates, and migrations, which never change after a release. */
const notOurs = [':!prisma/generated', ':!prisma/src/generated', ':!prisma/migrations']

/**
 * Usage: `main.ts [FOLDER…]`. Prints each finding as `file:line problem`. The exit code is 1 when
 * there are findings.
 */
const folders = process.argv.slice(2)
const listed = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...sources, ...notOurs],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((file) => file !== '' && (folders.length === 0 || folders.some((folder) => file.startsWith(folder))))

let count = 0
for (const file of listed) {
  for (const { number, problem } of judgeComments(readSource(file))) {
    console.log(`${file}:${number} ${problem}`)
    count += 1
  }
}
console.log(`${count} problems in the comments of ${listed.length} files`)
if (count > 0) process.exitCode = 1

function readSource(file: string): string {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch (error) {
    // The file is deleted in the working tree, and still in the index.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}
