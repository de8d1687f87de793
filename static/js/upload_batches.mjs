/**
 * How a list of files is cut into requests: small files together, a large file alone and in pieces.
 *
 * Pure functions on {name, file: {size, slice}} so that they can be tested without a browser.
 */
export const BATCH_BYTES = 8 * 1024 * 1024;
export const BATCH_FILES = 200;

/** Yields {files} or {large}: each is sent as one request, or as one after another. */
export function* batches(files, maxBytes = BATCH_BYTES, maxFiles = BATCH_FILES) {
  let batch = [];
  let bytes = 0;
  for (const entry of files) {
    if (entry.file.size > maxBytes) {
      yield { large: entry };
      continue;
    }
    if (batch.length && (bytes + entry.file.size > maxBytes || batch.length >= maxFiles)) {
      yield { files: batch };
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += entry.file.size;
  }
  if (batch.length) yield { files: batch };
}

/** Yields {offset, blob} from `start` to the end of the file. */
export function* pieces(file, start = 0, maxBytes = BATCH_BYTES) {
  for (let offset = start; offset < file.size; offset += maxBytes) {
    yield { offset, blob: file.slice(offset, Math.min(offset + maxBytes, file.size)) };
  }
}

/** "%(done)s of %(all)s" with the values put in. */
export function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
