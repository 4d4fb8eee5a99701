// Strokes as a text, as `wsss_viz.data.strokes` has it: two digits of base 64 for the radius and for each coordinate.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
export const UNITS = 4095
export const LARGEST_RADIUS = 819
export const MOST_STROKES = 1500
export const MOST_POINTS = 2500

const digits = value => DIGITS[value >> 6] + DIGITS[value & 63]
const whole = (value, least, most) => Math.max(least, Math.min(most, Math.round(value)))

// A share of the image as a coordinate, of its longer side as a radius.
export const coordinate = share => whole(share * UNITS, 0, UNITS)
export const radiusOf = share => whole(share * UNITS, 1, LARGEST_RADIUS)

export function writeStrokes(strokes) {
  return strokes.map(({ radius, points }) => [radius, ...points.flat()].map(digits).join("")).join(".")
}

export function readStrokes(text) {
  return (text ? text.split(".") : []).map(piece => {
    const [radius, ...values] = Array.from({ length: piece.length / 2 }, (_, i) => 64 * DIGITS.indexOf(piece[2 * i]) + DIGITS.indexOf(piece[2 * i + 1]))
    return { radius, points: Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i], values[2 * i + 1]]) }
  })
}

// Whether a stroke fits beside the others.
export function fits(strokes, { points }) {
  const there = strokes.reduce((sum, stroke) => sum + stroke.points.length, 0)
  return strokes.length < MOST_STROKES && there + points.length <= MOST_POINTS
}

// Whether a point is far enough from the last one of a stroke to be worth keeping: a quarter of the radius, at least two
// thousandths of the image's longer side. `aspect`: width over height.
export function isNews({ radius, points }, [x, y], aspect) {
  const [lastX, lastY] = points.at(-1)
  const wide = Math.min(1, aspect), high = Math.min(1, 1 / aspect)
  return Math.hypot((x - lastX) * wide, (y - lastY) * high) > Math.max(radius / 4, UNITS / 500)
}
