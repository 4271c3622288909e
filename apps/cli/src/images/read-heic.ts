import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** The time for a conversion. A large photo takes some seconds. */
const limitMs = 60_000

type Converter = { readonly command: string; args(from: string, to: string): string[] }

/**
 * Programs that decode HEVC: one of macOS, and one of libheif with its new and its old name. The
 * build of sharp does not decode it, because of patents.
 */
const converters: readonly Converter[] = [
  { command: 'sips', args: (from, to) => ['-s', 'format', 'png', from, '--out', to] },
  { command: 'heif-dec', args: (from, to) => [from, to] },
  { command: 'heif-convert', args: (from, to) => [from, to] },
]

/**
 * Converts a HEIC picture into a PNG by a program of this system. Undefined: there is no program.
 * @throws {Error} when the programs of this system cannot read it.
 */
export async function readHeic(heic: Buffer): Promise<Buffer | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-heic-'))
  try {
    const [from, to] = [join(folder, 'in.heic'), join(folder, 'out.png')]
    await writeFile(from, heic, { mode: 0o600 })
    let failure: unknown
    for (const { command, args } of converters) {
      try {
        await run(command, args(from, to), { timeout: limitMs })
        return await readFile(to)
      } catch (error) {
        // If there is no such program, execFile fails with ENOENT.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') failure = error
      }
    }
    if (failure !== undefined) throw failure
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
