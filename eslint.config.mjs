import js from "@eslint/js"
import globals from "globals"

export default [
  { ignores: [".venv/", "build/", "docs/"] },
  js.configs.recommended,
  { rules: { eqeqeq: ["error", "always", { null: "ignore" }], "no-var": "error", "prefer-const": "error" } },
  { files: ["wsss_viz/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/**/*.mjs"], languageOptions: { globals: globals.node } },
]
