/** The side of a profile picture, in pixels: sharp at the largest size in which it is shown. */
const sides = [256, 192, 128, 96]
const qualities = [0.85, 0.7, 0.5]
/** The most bytes of a profile picture, by the contract. */
const maxBytes = 16 * 1024

/**
 * Returns the middle square of a picture, small enough for a profile. It is drawn anew, so its
 * place and camera are gone. Undefined for a file that this browser cannot draw.
 */
export async function cropPicture(file: Blob): Promise<Blob | undefined> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => undefined)
  if (!bitmap) return undefined
  try {
    for (const side of sides)
      for (const quality of qualities) {
        const blob = await draw(bitmap, side, quality)
        if (blob.size <= maxBytes) return blob
      }
    return undefined
  } finally {
    bitmap.close()
  }
}

async function draw(bitmap: ImageBitmap, side: number, quality: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(side, side)
  const context = canvas.getContext('2d')
  const square = Math.min(bitmap.width, bitmap.height)
  const [left, top] = [(bitmap.width - square) / 2, (bitmap.height - square) / 2]
  // A JPEG has no transparency, so what shows through is white.
  if (context) context.fillStyle = '#ffffff'
  context?.fillRect(0, 0, side, side)
  context?.drawImage(bitmap, left, top, square, square, 0, 0, side, side)
  return await canvas.convertToBlob({ type: 'image/jpeg', quality })
}
