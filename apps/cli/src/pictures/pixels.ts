/** A small picture: four bytes for each pixel, in the order red, green, blue, opacity. */
export type Pixels = { readonly width: number; readonly height: number; readonly bytes: Uint8Array }

/** The room for a picture, in letters of the terminal, and the size of a letter in pixels. */
export type Box = {
  readonly columns: number
  readonly rows: number
  readonly cellWidth: number
  readonly cellHeight: number
}

/** The codes that draw a picture from the cursor on, and the rows that it takes. */
export type Drawing = { readonly codes: string; readonly rows: number }

/** Returns the rows and columns that a picture of this size takes. */
export function cellsOf({ width, height }: Pick<Pixels, 'width' | 'height'>, box: Box) {
  return {
    columns: Math.max(1, Math.min(box.columns, Math.ceil(width / box.cellWidth))),
    rows: Math.max(1, Math.min(box.rows, Math.ceil(height / box.cellHeight))),
  }
}
