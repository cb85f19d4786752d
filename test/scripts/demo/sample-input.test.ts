import { describe, expect, it } from "vitest";
import * as z from "zod";
import { sampleInput } from "../../../scripts/demo/sample-input.ts";

/** Shapes that real clients send, and the awkward corners of JSON Schema. */
const SCHEMAS: Record<string, Record<string, unknown>> = {
  bash: {
    type: "object",
    properties: { command: { type: "string" }, timeout: { type: "number" }, description: { type: "string" } },
    required: ["command"],
    additionalProperties: false,
  },
  agent: {
    type: "object",
    properties: { prompt: { type: "string" }, model: { type: "string", enum: ["sonnet", "opus"] } },
    required: ["prompt", "model"],
  },
  todos: {
    type: "object",
    properties: {
      todos: {
        type: "array",
        minItems: 2,
        items: {
          type: "object",
          properties: { content: { type: "string", minLength: 1 }, status: { enum: ["pending", "done"] } },
          required: ["content", "status"],
        },
      },
    },
    required: ["todos"],
  },
  bounds: {
    type: "object",
    properties: {
      delay: { type: "integer", minimum: 60, maximum: 3600 },
      above: { type: "number", exclusiveMinimum: 0 },
      step: { type: "integer", minimum: 5, multipleOf: 4 },
      short: { type: "string", maxLength: 3 },
      long: { type: "string", minLength: 40 },
      at: { type: "string", format: "date-time" },
    },
    required: ["delay", "above", "step", "short", "long", "at"],
  },
  choices: {
    type: "object",
    properties: { either: { anyOf: [{ type: "integer" }, { type: "null" }] }, only: { const: 7 } },
    required: ["either", "only"],
  },
  references: {
    type: "object",
    properties: { place: { $ref: "#/$defs/Place" } },
    required: ["place"],
    $defs: { Place: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } },
  },
};

describe("a sample input", () => {
  it.each(Object.entries(SCHEMAS))("fits the schema of %s", (_name, schema) => {
    expect(() =>
      z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(sampleInput(schema)),
    ).not.toThrow();
  });

  it("fills required properties only, with harmless values", () => {
    expect(sampleInput(SCHEMAS.bash)).toEqual({ command: "echo hello from the demo" });
    const write = { type: "object", properties: { file_path: { type: "string" } }, required: ["file_path"] };
    expect(sampleInput(write)).toEqual({ file_path: "/tmp/edge-relay-demo.txt" });
  });

  it("ends on a schema that contains itself", () => {
    const tree = { type: "object", properties: { child: { $ref: "#" } }, required: ["child"] };
    expect(JSON.stringify(sampleInput(tree))).toContain('"child":{}');
  });

  it("is an empty object where nothing is said", () => {
    expect([sampleInput({}), sampleInput(undefined), sampleInput({ type: "object" })]).toEqual([{}, {}, {}]);
  });
});
