/**
 * Gives Cornerstone3D our frames: pixels over DICOMweb, everything else from the description. The server answers explicit
 * little endian whatever was stored, so no decoder runs in the browser.
 *
 * An image's id is "dens:" and the address of its frame.
 */
import { cache, imageLoader, metaData, utilities } from "@cornerstonejs/core";
import { columnDirection, isPlaced, rowDirection } from "./geometry.mjs";

const SCHEME = "dens";
const CACHE_BYTES = 768 * 1024 * 1024;
const KINDS = {
  "signed 8": Int8Array,
  "unsigned 8": Uint8Array,
  "signed 16": Int16Array,
  "unsigned 16": Uint16Array,
  "signed 32": Int32Array,
  "unsigned 32": Uint32Array,
};
const known = new Map();
const arriving = new Map();

export class FrameFailed extends Error {
  constructor(status) {
    super(`frame: ${status}`);
    this.status = status;
  }
}

/** Whether the server said that there is no such frame, or none any more. */
export const isGone = ({ status }) => status === 404 || status === 410;

/** The image id of a frame; tells Cornerstone3D what it must know of it. */
export function imageId(series, index) {
  const frame = series.frames[index];
  const address = series.frame_url.replace("{sop}", frame.sop).replace("{frame}", String(frame.frame));
  const id = `${SCHEME}:${address}`;
  if (!known.has(id)) known.set(id, { series, frame });
  return id;
}

export const isLoaded = (id) => Boolean(cache.getImageLoadObject(id));

export function prepareImages() {
  cache.setMaxCacheSize(CACHE_BYTES);
  imageLoader.registerImageLoader(SCHEME, (id) => ({ promise: loadImage(id), cancelFn: undefined }));
  metaData.addProvider((type, id) => {
    const image = known.get(id);
    return image && modules[type]?.(image);
  }, 10_000);
}

const modules = {
  imagePixelModule: ({ frame }) => ({
    samplesPerPixel: frame.samples,
    photometricInterpretation: frame.photometric,
    rows: frame.rows,
    columns: frame.columns,
    bitsAllocated: frame.bits_allocated,
    bitsStored: frame.bits_stored,
    highBit: frame.bits_stored - 1,
    pixelRepresentation: frame.signed ? 1 : 0,
  }),
  imagePlaneModule: ({ frame }) => (isPlaced(frame) ? placed(frame) : unplaced(frame)),
  generalSeriesModule: ({ series }) => ({ modality: "MR", seriesInstanceUID: series.uid }),
  voiLutModule: ({ series, frame }) => {
    // One window for the whole series: scrolling must not change how bright a tissue is.
    const [center, width] = series.window ? [series.window.center, series.window.width] : (frame.window ?? []);
    return width > 0 ? { windowCenter: [center], windowWidth: [width] } : {};
  },
  modalityLutModule: ({ frame }) => ({ rescaleSlope: frame.slope, rescaleIntercept: frame.intercept }),
  sopCommonModule: ({ frame }) => ({ sopInstanceUID: frame.sop }),
};

function placed(frame) {
  return {
    frameOfReferenceUID: frame.frame_of_reference,
    rows: frame.rows,
    columns: frame.columns,
    imagePositionPatient: frame.position,
    imageOrientationPatient: frame.orientation,
    rowCosines: rowDirection(frame),
    columnCosines: columnDirection(frame),
    rowPixelSpacing: frame.spacing[0],
    columnPixelSpacing: frame.spacing[1],
    pixelSpacing: frame.spacing,
    sliceThickness: frame.thickness ?? 1,
  };
}

/** A frame that does not say where it lies is shown in its own pixels. */
function unplaced(frame) {
  const [rowSpacing, columnSpacing] = frame.spacing ?? [1, 1];
  return placed({
    ...frame,
    position: [0, 0, 0],
    orientation: [1, 0, 0, 0, 1, 0],
    spacing: [rowSpacing, columnSpacing],
  });
}

/**
 * Load a frame; rejects with FrameFailed. Cornerstone3D is asked only for frames that have arrived, because it lets the failure of
 * one escape to the window.
 */
export async function loadFrame(id) {
  if (isLoaded(id)) return;
  await arrival(id);
  await imageLoader.loadAndCacheImage(id);
}

/** The bytes of a frame that is on its way; a failed one is asked for again the next time. */
function arrival(id) {
  if (!arriving.has(id)) {
    const bytes = fetchFrame(id);
    arriving.set(id, bytes);
    bytes.catch(() => arriving.delete(id));
  }
  return arriving.get(id);
}

async function loadImage(id) {
  const bytes = await arrival(id);
  arriving.delete(id);
  return toImage(id, known.get(id).frame, bytes);
}

async function fetchFrame(id) {
  const response = await fetch(id.slice(SCHEME.length + 1), {
    headers: { Accept: "application/octet-stream" },
    redirect: "manual",
  });
  // A redirect leads to the log-in page.
  if (!response.ok) throw new FrameFailed(response.type === "opaqueredirect" ? 401 : response.status);
  const bytes = await response.arrayBuffer();
  const { frame } = known.get(id);
  if (bytes.byteLength < (frame.rows * frame.columns * frame.samples * frame.bits_allocated) / 8) throw new FrameFailed(422);
  return bytes;
}

function values(frame, bytes) {
  const Kind = KINDS[`${frame.signed ? "signed" : "unsigned"} ${frame.bits_allocated}`];
  const stored = new Kind(bytes, 0, frame.rows * frame.columns * frame.samples);
  const isPlain = (frame.slope ?? 1) === 1 && (frame.intercept ?? 0) === 0;
  if (frame.samples > 1) return stored;
  if (isPlain && Kind.BYTES_PER_ELEMENT < 4) return Kind === Int8Array ? Int16Array.from(stored) : stored;
  return Float32Array.from(stored, (value) => value * frame.slope + frame.intercept);
}

function toImage(id, frame, bytes) {
  const pixels = values(frame, bytes);
  const isColour = frame.samples > 1;
  let [low, high] = [Infinity, -Infinity];
  for (const value of pixels) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const { rowPixelSpacing, columnPixelSpacing } = modules.imagePlaneModule({ frame });
  const { windowCenter, windowWidth } = modules.voiLutModule(known.get(id));
  const { rows, columns } = frame;
  const voxels = { width: columns, height: rows, numberOfComponents: frame.samples, scalarData: pixels };
  return {
    imageId: id,
    dataType: pixels.constructor.name,
    rows,
    columns,
    height: rows,
    width: columns,
    color: isColour,
    rgba: false,
    numberOfComponents: frame.samples,
    photometricInterpretation: frame.photometric,
    invert: frame.photometric === "MONOCHROME1",
    slope: 1,
    intercept: 0,
    windowCenter: windowCenter?.[0] ?? (low + high) / 2,
    windowWidth: windowWidth?.[0] ?? Math.max(high - low, 1),
    minPixelValue: low,
    maxPixelValue: high,
    rowPixelSpacing,
    columnPixelSpacing,
    sizeInBytes: pixels.byteLength,
    getPixelData: () => pixels,
    getCanvas: undefined,
    voxelManager: utilities.VoxelManager.createImageVoxelManager(voxels),
  };
}
