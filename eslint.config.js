import js from "@eslint/js"
import globals from "globals"

export default [
  { files: ["wsss_viz/**/*.js", "tests/js/**/*.js"] },
  js.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: { eqeqeq: ["error", "always", { null: "ignore" }], "no-var": "error", "prefer-const": "error" },
  },
  { ignores: ["build/", "dist/", ".venv/", "docs/"] },
]
