/**
 * What a text or number field means to the report: a value, nothing, or something that is no number.
 */
export function typedValue(kind, text) {
  const trimmed = text.trim();
  if (trimmed === "") return { empty: true };
  if (kind !== "number") return { value: text };
  const plain = trimmed.replace(",", ".");
  if (!/^-?\d+(\.\d+)?$/.test(plain)) return { invalid: true };
  return { value: Number(plain) };
}

/** The next list of a field with many values: the normal value stands alone. */
export function toggled(chosen, code, normal) {
  if (chosen.includes(code)) return chosen.filter((other) => other !== code);
  if (code === normal) return [code];
  return [...chosen.filter((other) => other !== normal), code];
}
