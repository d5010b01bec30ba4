/** @returns undefined for a text that is no JSON: what it should have been is for a schema to say */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
