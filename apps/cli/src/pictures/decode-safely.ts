import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Pixels } from './pixels.ts'

/** The time for one picture. A picture that takes longer is meant to. */
const limitMs = 10_000
/** The longest side of a small picture in pixels: a terminal's window is no wider. */
const maxSide = 2_000
const maxAnswerBytes = 8 + maxSide * maxSide * 4
/** The memory of the program's JavaScript, in megabytes. Pixels are outside of it, and bounded. */
const maxHeap = 64

/** The form of the answer: the bytes of `iterm2` are a PNG; others are pixels. */
export type DecodedForm = 'kitty' | 'iterm2' | 'sixel' | 'blocks'

/**
 * Decodes a picture, and makes it small. A separate process does this. It has no secrets,
 * may write nothing, and ends after a while. The picture comes from somebody else, and decoders
 * have had faults that gave a picture the process.
 * @throws {CliError} `damaged_picture` for anything that is not a picture that FastChat sends
 */
export async function decodeSafely(
  picture: Uint8Array,
  { width, height, form }: { readonly width: number; readonly height: number; readonly form: DecodedForm },
): Promise<Pixels> {
  const sides = [width, height].map((side) => String(Math.max(1, Math.min(maxSide, Math.round(side)))))
  const child = spawn(process.execPath, [...rights, program(), ...sides, form], {
    // Not the environment of this process: it may have the password.
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  const parts: Buffer[] = []
  let size = 0
  child.stdout.on('data', (part: Buffer) => {
    size += part.length
    if (size > maxAnswerBytes) child.kill('SIGKILL')
    else parts.push(part)
  })
  child.stdin.on('error', () => {})
  child.stdin.end(picture)
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', resolve)
  })
  const pixels = code === 0 ? readAnswer(Buffer.concat(parts), form) : undefined
  if (pixels) return pixels
  throw new CliError('damaged_picture', 'The picture cannot be shown here. Save it with /save, or fastchat save')
}

/** The program may read its own code, and load the decoders. */
const rights = [
  '--permission',
  '--allow-fs-read=*',
  '--allow-addons',
  `--max-old-space-size=${maxHeap}`,
  '--disable-warning=ExperimentalWarning',
]

/** Returns the path of the program: beside this file, in a bundle as well as in the sources. */
const program = (): string =>
  join(import.meta.dirname, `decode-picture.${import.meta.filename.endsWith('.ts') ? 'ts' : 'mjs'}`)

function readAnswer(answer: Buffer, form: DecodedForm): Pixels | undefined {
  if (answer.length <= 8) return undefined
  const [width, height] = [answer.readUInt32BE(0), answer.readUInt32BE(4)]
  const bytes = answer.subarray(8)
  if (width < 1 || height < 1 || width > maxSide || height > maxSide) return undefined
  return form !== 'iterm2' && bytes.length !== width * height * 4 ? undefined : { width, height, bytes }
}
