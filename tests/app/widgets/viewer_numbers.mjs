// What the viewer makes of contents at settings: `node viewer_numbers.mjs CASES.json`, results as JSON on stdout.
import { readFileSync } from "node:fs"

import { Content, Reading } from "../../../wsss_viz/app/widgets/viewer/content.js"

globalThis.Image = class {}
const read = ({ payload, settings }) => {
  const content = new Content(payload, () => {})
  return settings.map(chosen => {
    const reading = new Reading(content, chosen)
    const [found] = reading.found
    return { iou: found.scores.iou, values: chosen.values ? Array.from(found.values[found.own]) : null }
  })
}
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(process.argv[2], "utf8")).map(read)))
