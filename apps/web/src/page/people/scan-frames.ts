/** Finds the text of a QR code in a frame of a camera. */
type FindCode = (frame: HTMLVideoElement) => Promise<string | undefined>

type Detector = { detect(frame: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]> }
type DetectorClass = {
  new (options: { readonly formats: readonly string[] }): Detector
  getSupportedFormats(): Promise<readonly string[]>
}

/** The width to which frames are made smaller, in pixels: enough for a code that fills a third. */
const frameWidth = 640

/**
 * Shows the camera in a video, and resolves with the text of the first QR code that it sees.
 * Resolves with nothing when `signal` aborts. The camera is off afterwards.
 *
 * @throws {DOMException} when there is no camera, or the person does not allow it
 */
export async function openScanner(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    if (signal.aborted) return undefined
    video.srcObject = stream
    await video.play()
    const find = await codeFinder()
    while (!signal.aborted) {
      const text = await find(video)
      if (text !== undefined) return text
      await nextFrame()
    }
    return undefined
  } finally {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** Returns the finder of this browser, or else one that is fetched. */
async function codeFinder(): Promise<FindCode> {
  // The cast holds because browsers that have it agree on this form, unknown to TypeScript.
  const { BarcodeDetector } = globalThis as { readonly BarcodeDetector?: DetectorClass }
  const formats = await BarcodeDetector?.getSupportedFormats().catch((): readonly string[] => [])
  if (BarcodeDetector && formats?.includes('qr_code')) {
    const detector = new BarcodeDetector({ formats: ['qr_code'] })
    return async (frame) => (await detector.detect(frame))[0]?.rawValue
  }
  const { decodeQR } = await import('qr/decode.js')
  return async (frame) => {
    const pixels = pixelsOf(frame)
    try {
      return pixels && decodeQR(pixels)
    } catch {
      // Most frames have no code: `decodeQR` throws then.
      return undefined
    }
  }
}

function pixelsOf(frame: HTMLVideoElement): ImageData | undefined {
  const { videoWidth, videoHeight } = frame
  if (videoWidth === 0) return undefined
  const width = Math.min(frameWidth, videoWidth)
  const height = Math.round((videoHeight / videoWidth) * width)
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  context?.drawImage(frame, 0, 0, width, height)
  return context?.getImageData(0, 0, width, height)
}
