/** The kinds of pictures. The first bytes of a file tell its kind. */
export type Kind = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'svg' | 'avif' | 'moving-avif' | 'heic'

type KindEntry = { readonly mime: string; readonly words: string }

export const kinds: Readonly<Record<Kind, KindEntry>> = {
  jpeg: { mime: 'image/jpeg', words: 'JPEG' },
  png: { mime: 'image/png', words: 'PNG' },
  webp: { mime: 'image/webp', words: 'WebP' },
  gif: { mime: 'image/gif', words: 'GIF' },
  tiff: { mime: 'image/tiff', words: 'TIFF' },
  svg: { mime: 'image/svg+xml', words: 'SVG' },
  avif: { mime: 'image/avif', words: 'AVIF' },
  'moving-avif': { mime: 'image/avif', words: 'moving AVIF' },
  heic: { mime: 'image/heic', words: 'HEIC' },
}

const heicBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']
/**
 * The part of an SVG in which its element begins. An XML prologue, comments and a DOCTYPE may be
 * before it.
 */
const svgHeadBytes = 4 * 1024

/**
 * Returns the kind of the first bytes. The file's name has no influence. Undefined: no known kind.
 */
export function kindOf(bytes: Buffer): Kind | undefined {
  const text = (from: number, to: number) => bytes.toString('latin1', from, to)
  if (text(0, 3) === '\xff\xd8\xff') return 'jpeg'
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'png'
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'webp'
  if (/^GIF8[79]a$/.test(text(0, 6))) return 'gif'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(text(0, 4))) return 'tiff'
  if (text(4, 8) === 'ftyp') return brandOf(text(8, 12), text(16, Math.min(bytes.length, 16 + 64)))
  return /<svg[\s>]/.test(bytes.toString('utf8', 0, svgHeadBytes)) ? 'svg' : undefined
}

/**
 * Returns the kind for the brands of a file (ISO/IEC 23008-12, Annex B; AV1 Image File Format,
 * section 7).
 */
function brandOf(major: string, compatible: string): Kind | undefined {
  if (major === 'avis') return 'moving-avif'
  if (major === 'avif' || (major === 'mif1' && compatible.includes('avif'))) return 'avif'
  return heicBrands.includes(major) ? 'heic' : undefined
}
