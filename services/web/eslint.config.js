import vue from "eslint-plugin-vue";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";

// What is here finds faults. How things are written is Prettier's; which names
// and types there are is vue-tsc's, which also reads what a .vue file exports.
export default defineConfig(
  globalIgnores(["dist", "docs", "public", "**/*.gen.ts"]),
  ts.configs.recommendedTypeChecked,
  vue.configs["flat/strongly-recommended"],
  { rules: vue.configs["no-layout-rules"].rules },
  {
    languageOptions: {
      parserOptions: { parser: ts.parser, projectService: { allowDefaultProject: ["*.js"] }, tsconfigRootDir: import.meta.dirname, extraFileExtensions: [".vue"] },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-redundant-type-constituents": "off",
      // It would take away assertions that inference needs.
      "@typescript-eslint/no-unnecessary-type-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_+$", ignoreRestSiblings: true }],
      eqeqeq: "error",
      // There are no filters in Vue 3: what stands there is a union of types.
      "vue/no-deprecated-filter": "off",
      "vue/no-v-html": "error",
    },
  },
);
